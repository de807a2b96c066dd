/**
 * One simulated process: its clocks, its socket buffer, the membership it runs.
 *
 * Problem: what a stalled process believes depends on the order in which it learns things when it
 * wakes. Node.js runs timers before it reads sockets, so a process that judges first takes its own
 * stall for the silence of everybody else. The stall gate (drain before judge) is that order put
 * right: it is told of its pause, reads what waited in its socket buffer, and judges then. With
 * the gate off, it is not told, and judges first: as a naive program would.
 */
import type { Message } from '../membership/message.ts';
import type {
  Evidence,
  Instant,
  MembershipEvent,
  Outgoing,
  PeerView,
} from '../membership/types.ts';
import type { NodeClock } from './node-clock.ts';
import type { Scheduled, VirtualTime } from './virtual-time.ts';

/** What the simulator needs of a membership; the real one is `src/membership/membership.ts`. */
export interface SimulatedMembership {
  setMembers(names: readonly string[], now: Instant): void;
  receive(message: Message, now: Instant): Message | undefined;
  evidence(peer: string, evidence: Evidence, now: Instant): void;
  localPause(fromMs: number, toMs: number): void;
  tick(now: Instant): void;
  nextTickMs(nowMs: number): number;
  farewell(reason: 'goodbye' | 'crash', now: Instant): void;
  peers(nowMs: number): readonly PeerView[];
}

/** What a membership is given when its process starts. */
export interface Birth {
  readonly self: string;
  readonly bootId: string;
  readonly random: () => number;
  readonly send: (out: Outgoing) => void;
  readonly emit: (event: MembershipEvent) => void;
}

export interface SimNodeOptions {
  readonly index: number;
  readonly name: string;
  readonly time: VirtualTime;
  readonly clock: NodeClock;
  /** Drain before judge; off: a planted bug. */
  readonly stallGate: boolean;
  /** Messages that fit in the socket buffer; more are lost. */
  readonly bufferMessages: number;
  /** Timers fire up to so much too late, in ms. */
  readonly tickLatenessMs: number;
  readonly random: () => number;
}

export type Phase = 'down' | 'running' | 'paused';

export class SimNode {
  readonly index: number;
  readonly name: string;
  readonly clock: NodeClock;
  phase: Phase = 'down';
  /** The host lives while the process does not: its kernel refuses connections. */
  hostAlive = true;
  /** By its last goodbye. */
  saidGoodbye = false;
  bootId = '';
  /** True time since which it runs without a pause; Infinity while it does not. */
  stableSinceMs = Infinity;
  /** True time of its start; of the last one while it is down. */
  startedAtMs = Infinity;
  /** True time at which the process ended. */
  downSinceMs = 0;
  /** Its last pause, by true time. */
  lastPause: { readonly fromMs: number; readonly toMs: number } | undefined;
  members: readonly string[] = [];
  /** True time since which its member list is what it is. */
  membersSinceMs = Infinity;
  readonly #options: SimNodeOptions;
  #membership: SimulatedMembership | undefined;
  #pausedAtMs = 0;
  #armed: Scheduled | undefined;
  #buffer: (() => void)[] = [];

  constructor(options: SimNodeOptions) {
    this.#options = options;
    this.index = options.index;
    this.name = options.name;
    this.clock = options.clock;
  }

  /** The membership while the process exists, paused or not. */
  get membership(): SimulatedMembership | undefined {
    return this.#membership;
  }

  start(create: (birth: Birth) => SimulatedMembership, birth: Birth): void {
    this.bootId = birth.bootId;
    this.phase = 'running';
    this.hostAlive = true;
    this.saidGoodbye = false;
    this.lastPause = undefined;
    this.startedAtMs = this.stableSinceMs = this.#nowMs;
    this.#membership = create(birth);
  }

  setMembers(names: readonly string[]): void {
    this.#whenAwake((membership) => {
      this.members = names;
      this.membersSinceMs = this.#nowMs;
      membership.setMembers(names, this.#instant());
    });
  }

  /** A message from the network; `reply` carries the answer back to where it came from. */
  receive(message: Message, reply: (answer: Message) => void): void {
    this.#whenAwake((membership) => {
      const answer = membership.receive(message, this.#instant());
      if (answer !== undefined) reply(answer);
    });
  }

  /** Word that nobody listens where a member was asked; of others no heartbeat asks any more. */
  refusedBy(peer: string): void {
    this.#whenAwake((membership) => {
      if (!this.members.includes(peer)) return;
      membership.evidence(peer, { kind: 'refused' }, this.#instant());
    });
  }

  /** It says goodbye, or that it crashes. */
  farewell(reason: 'goodbye' | 'crash'): void {
    if (this.phase !== 'running') return;
    this.saidGoodbye = reason === 'goodbye';
    this.#membership?.farewell(reason, this.#instant());
  }

  /** The process ends without another word. */
  stop(hostAlive: boolean): void {
    this.phase = 'down';
    this.hostAlive = hostAlive;
    this.stableSinceMs = Infinity;
    this.downSinceMs = this.#nowMs;
    this.#membership = undefined;
    this.#buffer = [];
    this.#disarm();
  }

  pause(): void {
    if (this.phase !== 'running') return;
    this.phase = 'paused';
    this.stableSinceMs = Infinity;
    this.#pausedAtMs = this.#nowMs;
    this.#disarm();
  }

  resume(): void {
    const membership = this.#membership;
    if (this.phase !== 'paused' || membership === undefined) return;
    const nowMs = this.#nowMs;
    this.phase = 'running';
    this.stableSinceMs = nowMs;
    this.lastPause = { fromMs: this.#pausedAtMs, toMs: nowMs };
    if (this.#options.stallGate) {
      membership.localPause(this.clock.monoMs(this.#pausedAtMs), this.clock.monoMs(nowMs));
      this.#drain();
      membership.tick(this.#instant());
    } else {
      membership.tick(this.#instant());
      this.#drain();
    }
    this.#arm();
  }

  #drain(): void {
    for (const take of this.#buffer.splice(0)) take();
  }

  /** Now, if it runs; once it resumes and reads its socket, if it is paused and there is room. */
  #whenAwake(act: (membership: SimulatedMembership) => void): void {
    const run = (): void => {
      if (this.#membership === undefined) return;
      act(this.#membership);
      this.#arm();
    };
    if (this.phase === 'running') run();
    else if (this.phase === 'paused' && this.#buffer.length < this.#options.bufferMessages) {
      this.#buffer.push(run);
    }
  }

  /** The membership says when it wants its next tick; what it heard may have made that earlier. */
  #arm(): void {
    if (this.phase !== 'running' || this.#membership === undefined) return;
    const { time, tickLatenessMs, random } = this.#options;
    const dueMs = Math.max(
      this.clock.trueMs(this.#membership.nextTickMs(this.#instant().monoMs)),
      this.#nowMs,
    );
    if (this.#armed !== undefined && this.#armed.atMs - tickLatenessMs <= dueMs) return;
    this.#disarm();
    // A timer never fires in the turn that sets it: a tick that is always due cannot stop time.
    const atMs = dueMs + Math.max(0.01, tickLatenessMs * random());
    this.#armed = time.schedule(atMs, () => {
      this.#armed = undefined;
      this.#membership?.tick(this.#instant());
      this.#arm();
    });
  }

  #disarm(): void {
    this.#armed?.cancel();
    this.#armed = undefined;
  }

  #instant(): Instant {
    return this.clock.instant(this.#nowMs);
  }

  get #nowMs(): number {
    return this.#options.time.nowMs;
  }
}
