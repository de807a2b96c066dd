/**
 * Who is alive, at work: the membership with its timer, its sockets and the traffic of this
 * process.
 */
import { getRandomValues, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AddressBook } from '../../collectors/heartbeat/address-book.ts';
import {
  discoverPeers,
  type Discovery,
  type PeerEntry as DiscoveredPeer,
  type PeersFunction,
} from '../../collectors/heartbeat/discovery.ts';
import {
  createHeartbeatServer,
  type HeartbeatServer,
} from '../../collectors/heartbeat/http-server.ts';
import {
  type Address,
  type RefusalReason,
  type TransportEvents,
} from '../../collectors/heartbeat/transport.ts';
import { leaveOutRequest } from '../../collectors/express.ts';
import type { Runtime } from '../../collectors/runtime.ts';
import type { HybridClock } from '../clock/hlc.ts';
import type { OffsetBounds } from '../clock/types.ts';
import { TardyError } from '../errors.ts';
import type { Message } from '../membership/message.ts';
import { Membership } from '../membership/membership.ts';
import type {
  Cell,
  Evidence,
  Instant,
  MembershipEvent,
  Outgoing,
  PeerState,
  PeerView,
} from '../membership/types.ts';
import type { Pause } from '../pause/pause-log.ts';
import type { Ending } from '../peers/ending.ts';
import type { PeerTable } from '../peers/peer-table.ts';
import type { Diagnostics } from '../telemetry/diagnostics.ts';
import type { PausedMs } from '../timeout/estimator.ts';
import { sayFarewell } from './farewell.ts';
import { ReasonCounts } from './reason-counts.ts';
import { TrafficEvidence } from './traffic-evidence.ts';
import { Transports } from './transports.ts';

/** Timers fire a little early now and then: a tick is asked for no sooner than this. */
const TICK_MS_MIN = 1;
/** Between two looks at what traffic shows of up to a thousand peers. */
const TRAFFIC_MS = 100;

export interface LivenessOptions {
  readonly peers: readonly DiscoveredPeer[] | PeersFunction;
  /** Our own name among the peers; undefined: it is found out. */
  readonly nodeName: string | undefined;
  readonly secret: string | undefined;
  readonly heartbeatMs: number;
  readonly suspectPhi: number;
  /** Also over UDP, on this port. */
  readonly udpPort: number | undefined;
  /** A thread of its own answers over UDP while the main loop stands still. */
  readonly workerResponder: boolean;
  readonly maxOffsetMs: number;
  readonly maxDriftPpm: number;
  readonly hlc: HybridClock;
  /** This moment, by our two clocks. */
  readonly now: () => Instant;
  /** True time less our wall clock, if some source tells us. */
  readonly reference: (nowMs: number) => OffsetBounds | undefined;
  readonly emit: (event: MembershipEvent) => void;
  readonly table: PeerTable;
  readonly pausedMs: PausedMs;
  readonly diagnostics: Diagnostics;
}

export class Liveness {
  readonly reasons = new ReasonCounts();
  /** Messages that were read so far, for the drain gate. */
  arrivals = 0;
  readonly #options: LivenessOptions;
  /** A new one, with a boot id of its own, at each start: who said goodbye does not come back. */
  #membership: Membership;
  readonly #traffic: TrafficEvidence;
  readonly #server: HeartbeatServer;
  readonly #book: AddressBook;
  #addresses = new Map<string, Address[]>();
  /** Members by the `host:port` that traffic knows them by, where they are listed otherwise. */
  #names = new Map<string, string>();
  #discovery: Discovery | undefined;
  #transports: Transports | undefined;
  #runtime: Runtime | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When it fires. */
  #nextTickMs = Infinity;
  #trafficAtMs = -Infinity;
  #stopFarewell: (() => void) | undefined;

  /** Throws ERR_TARDY_CONFIG for settings that do not go together. */
  constructor(options: LivenessOptions) {
    const { diagnostics, secret } = options;
    if (options.workerResponder && options.udpPort === undefined) {
      throw new TardyError('ERR_TARDY_CONFIG', 'workerResponder answers over UDP: set udpPort too');
    }
    this.#options = options;
    this.#membership = this.#newMembership();
    this.#traffic = new TrafficEvidence(options.table, options.pausedMs);
    this.#book = new AddressBook({ diagnostics });
    const events = this.#transportEvents();
    const isPeer = (ip: string) => this.#book.knows(ip);
    this.#server = createHeartbeatServer({ secret, isPeer }, events, diagnostics);
  }

  /** Throws ERR_TARDY_CONFIG for a peer that cannot be read. */
  start(runtime: Runtime): void {
    const { peers, diagnostics } = this.#options;
    if (this.#membership.isGone) this.#membership = this.#newMembership();
    this.#runtime = runtime;
    this.#discovery = discoverPeers({
      peers,
      diagnostics,
      onPeers: (found) => this.#setPeers(found),
    });
    const { secret, udpPort: port, workerResponder } = this.#options;
    this.#transports = new Transports({
      ...{ secret, port, workerResponder, diagnostics, pausedMs: this.#options.pausedMs },
      deadlineMs: (peer) => this.#membership.patienceMs(peer),
      events: this.#transportEvents(),
    });
    this.#transports.setPeers([...this.#addresses.values()].flat());
    if (typeof peers === 'function' || peers.length > 0) {
      this.#stopFarewell = sayFarewell(
        { goodbye: () => this.#leave(), goodbyeNow: (reason) => this.#leaveNow(reason) },
        diagnostics,
      );
    }
    this.#schedule();
  }

  /** Says goodbye, and closes what is open. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#nextTickMs = Infinity;
    this.#runtime = undefined;
    this.#stopFarewell?.();
    this.#discovery?.stop();
    this.#book.stop();
    await this.#leave();
  }

  /** `POST …/heartbeat`. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    leaveOutRequest(request);
    this.#server.handle(request, response);
  }

  peers(): PeerView[] {
    this.#weighTraffic();
    const views = this.#membership.peers(performance.now());
    this.reasons.retain(new Set(views.map(({ peer }) => peer)));
    return views;
  }

  livePeers(): string[] {
    this.#weighTraffic();
    return this.#membership.livePeers(performance.now());
  }

  whoSuspectsWhom(): Cell[] {
    this.#weighTraffic();
    return this.#membership.matrix(performance.now());
  }

  /** What a peer is called; undefined for who is not known. */
  stateOf(peer: string): PeerState | undefined {
    return this.#membership.stateOf(this.nameOf(peer), performance.now());
  }

  /** The name in the list of peers of what traffic knows as `host:port`; else the same. */
  nameOf(peer: string): string {
    return this.#names.get(peer) ?? peer;
  }

  /** The machine was suspended: what is known of clocks is void. */
  suspended(): void {
    this.#membership.clocks.forget(performance.now());
  }

  localPause({ fromMs, toMs }: Pause): void {
    this.#membership.localPause(fromMs, toMs);
  }

  /** What peers tell of true time: true time less our wall clock, by peer. */
  references(): { readonly name: string; readonly bounds: OffsetBounds }[] {
    return this.#membership.clocks.references(this.#options.now());
  }

  /** A request of the application failed. */
  failed(peer: string, ending: Ending): void {
    const kind = EVIDENCE[ending];
    if (kind) this.#weigh(this.nameOf(peer), { kind });
  }

  #newMembership(): Membership {
    const { nodeName, heartbeatMs, secret, now, suspectPhi } = this.#options;
    const { maxOffsetMs, maxDriftPpm, hlc, reference } = this.#options;
    return new Membership({
      ...{ self: nodeName, bootId: randomBytes(8).toString('hex'), suspectPhi, stamp: now },
      ...{ maxOffsetMs, maxDriftPpm, hlc, reference },
      intervalMs: heartbeatMs,
      trustOpinions: secret !== undefined,
      random: uniform,
      send: (out) => this.#send(out),
      emit: (event) => {
        this.#options.emit(event);
        this.reasons.count(event);
      },
    });
  }

  #transportEvents(): TransportEvents {
    return {
      onMessage: (message, { monoMs }) => this.#receive(message, monoMs),
      onRefusal: ({ from, why, reason }) => {
        if (!OUR_OWN.has(reason)) this.#membership.refused(from, why, this.#options.now());
      },
      onEvidence: (peer, evidence) => this.#weigh(peer, evidence),
    };
  }

  /** It may have come to another thread while ours stood still. */
  #receive(message: Message, arrivedAtMs: number): Message | undefined {
    this.arrivals++;
    this.#runtime?.noticePause();
    const answer = this.#membership.receive(message, this.#options.now(), arrivedAtMs);
    this.#schedule();
    return answer;
  }

  #weigh(peer: string, evidence: Evidence): void {
    this.arrivals++;
    this.#runtime?.noticePause();
    this.#membership.evidence(peer, evidence, this.#options.now());
    this.#schedule();
  }

  #weighTraffic(): void {
    const at = this.#options.now();
    this.#membership.clocks.note(at);
    this.#trafficAtMs = at.monoMs;
    this.#traffic.collect(at.monoMs, (peer, evidence, atMs) => {
      this.#membership.evidence(this.nameOf(peer), evidence, at, atMs);
    });
  }

  #setPeers(found: readonly Address[]): void {
    this.#addresses = Map.groupBy(found, ({ name }) => name);
    this.#names = new Map(found.map(({ name, url }) => [new URL(url).host, name]));
    this.#book.setPeers(found);
    this.#transports?.setPeers(found);
    this.#membership.setMembers([...this.#addresses.keys()], this.#options.now());
    this.#schedule();
  }

  #send({ to, message, urgent }: Outgoing): void {
    this.#transports?.send(this.#addresses.get(to) ?? [], message, urgent);
  }

  #schedule(): void {
    if (!this.#runtime) return;
    const nowMs = performance.now();
    const nextMs = this.#membership.nextTickMs(nowMs);
    if (nextMs >= this.#nextTickMs) return; // a timer that fires too early only looks
    this.#nextTickMs = nextMs;
    clearTimeout(this.#timer);
    const waitMs = Math.max(TICK_MS_MIN, nextMs - nowMs);
    this.#timer = setTimeout(this.#onTimer, waitMs).unref();
  }

  readonly #onTimer = (): void => {
    this.#nextTickMs = Infinity;
    this.#runtime?.whenDrained(this.#tick);
  };

  readonly #tick = (): void => {
    const tick = this.#options.diagnostics.guard('liveness', () => {
      if (performance.now() - this.#trafficAtMs >= TRAFFIC_MS) this.#weighTraffic();
      this.#membership.tick(this.#options.now());
    });
    tick();
    this.#schedule();
  };

  async #leave(): Promise<void> {
    this.#membership.farewell('goodbye', this.#options.now());
    await this.#transports?.stop();
    this.#transports = undefined;
  }

  #leaveNow(reason: 'goodbye' | 'crash'): void {
    this.#membership.farewell(reason, this.#options.now());
  }
}

/** Uniform in [0, 1), of the kind that nobody can foretell: nonces are made of it. */
function uniform(): number {
  if (nextDie === dice.length) {
    getRandomValues(dice);
    nextDie = 0;
  }
  return (dice[nextDie++] as number) / 2 ** 32;
}
const dice = new Uint32Array(256);
let nextDie = dice.length;

/** Refusals that are our own bounds at work, and tell nothing of the other side. */
const OUR_OWN: ReadonlySet<RefusalReason> = new Set(['outstanding', 'rate', 'unresolved']);

/** What an ending of a request tells of its peer. */
const EVIDENCE: Partial<Record<Ending, 'refused' | 'reset' | 'unreachable'>> = {
  refused: 'refused',
  reset: 'reset',
  'stale-reset': 'reset',
  unreachable: 'unreachable',
};
