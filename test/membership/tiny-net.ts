/**
 * A few memberships on one clock, with a network between them that is told what to do. Much less
 * than the simulator: what a test wants to happen, it says.
 */
import type { Message } from '../../src/membership/message.ts';
import { Membership, type MembershipOptions } from '../../src/membership/membership.ts';
import type {
  Evidence,
  Instant,
  MembershipEvent,
  Outgoing,
  PeerState,
  PeerView,
} from '../../src/membership/types.ts';
import { type Scheduled, VirtualTime } from '../../src/testing/virtual-time.ts';
import { randomFrom } from '../support/random.ts';

export const INTERVAL_MS = 1000;
/** Ticks at one instant; more is a busy loop. */
const TICKS_MAX = 50;

export interface Sent {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly message: Message;
  readonly urgent: boolean;
}

/** One-way delay of a message in ms; undefined: it is lost. */
export type Way = (from: string, to: string, message: Message) => number | undefined;

export interface TinyNetOptions extends Partial<MembershipOptions> {
  readonly way?: Way;
  readonly seed?: number;
  /** What a node's own clocks show; the monotonic one is that of the net. */
  readonly instant?: (name: string, nowMs: number) => Instant;
  /** Of one node beyond what all have. */
  readonly each?: (name: string) => Partial<MembershipOptions>;
}

export interface TinyNode {
  readonly name: string;
  readonly events: MembershipEvent[];
  membership: Membership;
  /** Messages to it are lost, and it does nothing. */
  isDown: boolean;
  /** Until then it does nothing, and messages wait. */
  pausedUntilMs: number;
}

export class TinyNet {
  readonly time = new VirtualTime();
  readonly nodes = new Map<string, TinyNode>();
  readonly sent: Sent[] = [];
  way: Way;
  readonly #names: readonly string[];
  readonly #options: TinyNetOptions;
  readonly #timers = new Map<string, Scheduled>();
  readonly #random;
  #boots = 0;
  #ticks = { atMs: -1, count: 0 };

  constructor(names: readonly string[], options: TinyNetOptions = {}) {
    this.#names = names;
    this.#options = options;
    this.#random = randomFrom(options.seed ?? 1);
    this.way = options.way ?? (() => 1);
    for (const name of names) {
      const events: MembershipEvent[] = [];
      const membership = this.#born(name, events);
      this.nodes.set(name, { name, events, membership, isDown: false, pausedUntilMs: 0 });
    }
    for (const name of names) this.#start(name);
  }

  /** This moment; by the clocks of a node. */
  now(name = ''): Instant {
    const { nowMs } = this.time;
    return this.#options.instant?.(name, nowMs) ?? { monoMs: nowMs, wallMs: 1e12 + nowMs };
  }

  node(name: string): TinyNode {
    return this.nodes.get(name)!;
  }

  run(ms: number, after?: () => void): this {
    this.time.runUntil(this.time.nowMs + ms, after);
    return this;
  }

  kill(name: string): this {
    this.node(name).isDown = true;
    this.#timers.get(name)?.cancel();
    return this;
  }

  /** Another life of it. */
  revive(name: string): this {
    const node = this.node(name);
    node.membership = this.#born(name, node.events);
    node.isDown = false;
    this.#start(name);
    return this;
  }

  /** It stands still: messages wait, and afterwards it is told before it reads them. */
  pause(name: string, ms: number): this {
    const node = this.node(name);
    const fromMs = this.time.nowMs;
    node.pausedUntilMs = fromMs + ms;
    this.#timers.get(name)?.cancel();
    this.time.schedule(node.pausedUntilMs, () => {
      if (node.isDown) return;
      node.membership.localPause(fromMs, this.time.nowMs);
      this.#schedule(name);
    });
    return this;
  }

  evidence(at: string, peer: string, evidence: Evidence): this {
    this.node(at).membership.evidence(peer, evidence, this.now(at));
    this.#schedule(at);
    return this;
  }

  farewell(name: string, reason: 'goodbye' | 'crash'): this {
    this.node(name).membership.farewell(reason, this.now(name));
    return this.kill(name);
  }

  deliver(to: string, message: Message): Message | undefined {
    const answer = this.node(to).membership.receive(message, this.now(to));
    this.#schedule(to);
    return answer;
  }

  view(at: string, of: string): PeerView {
    return this.node(at)
      .membership.peers(this.time.nowMs)
      .find(({ peer }) => peer === of)!;
  }

  state(at: string, of: string): PeerState {
    return this.view(at, of).state;
  }

  /** What `at` has called `of` so far, in turn. */
  called(at: string, of: string): string[] {
    return this.node(at).events.flatMap((event) =>
      event.type === 'state' && event.peer === of ? [event.to] : [],
    );
  }

  eventsOf<T extends MembershipEvent['type']>(at: string, type: T) {
    return this.node(at).events.filter(
      (event): event is Extract<MembershipEvent, { type: T }> => event.type === type,
    );
  }

  #born(name: string, events: MembershipEvent[]): Membership {
    return new Membership({
      ...{ self: name, intervalMs: INTERVAL_MS, random: () => this.#random.next() },
      bootId: (++this.#boots).toString(16).padStart(8, '0').padEnd(16, 'b'),
      emit: (event) => events.push(event),
      send: (out) => this.#send(name, out),
      ...this.#options,
      ...this.#options.each?.(name),
    });
  }

  #start(name: string): void {
    this.node(name).membership.setMembers(this.#names, this.now(name));
    this.#schedule(name);
  }

  #send(from: string, { to, message, urgent }: Outgoing): void {
    this.sent.push({ atMs: this.time.nowMs, from, to, message, urgent });
    this.#carry(from, to, message);
  }

  #carry(from: string, to: string, message: Message): void {
    const delayMs = this.way(from, to, message);
    if (delayMs === undefined || !this.nodes.has(to)) return;
    this.time.schedule(this.time.nowMs + delayMs, () => this.#arrive(from, to, message));
  }

  #arrive(from: string, to: string, message: Message): void {
    const node = this.node(to);
    if (node.isDown) return;
    if (node.pausedUntilMs > this.time.nowMs) {
      this.time.schedule(node.pausedUntilMs, () => this.#arrive(from, to, message));
      return;
    }
    const answer = this.deliver(to, message);
    if (answer) this.#carry(to, from, answer);
  }

  #schedule(name: string): void {
    const node = this.node(name);
    if (node.isDown || node.pausedUntilMs > this.time.nowMs) return;
    this.#timers.get(name)?.cancel();
    const atMs = node.membership.nextTickMs(this.time.nowMs);
    this.#timers.set(
      name,
      this.time.schedule(atMs, () => this.#tick(name)),
    );
  }

  #tick(name: string): void {
    const { nowMs } = this.time;
    this.#ticks = { atMs: nowMs, count: this.#ticks.atMs === nowMs ? this.#ticks.count + 1 : 1 };
    if (this.#ticks.count > TICKS_MAX * this.nodes.size) {
      throw new Error(`${name} ticks for ever at ${nowMs}`);
    }
    this.node(name).membership.tick(this.now(name));
    this.#schedule(name);
  }
}

/** Nobody hears that one: neither its questions nor its answers arrive. */
export function mute(name: string, delayMs = 1): Way {
  return (from) => (from === name ? undefined : delayMs);
}
