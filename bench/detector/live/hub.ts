/**
 * One membership that watches and is watched by many, in memory and virtual time: what its own
 * calls cost, without sockets and codec. The others answer at once and ask every interval.
 */
import { Membership } from '../../../src/membership/membership.ts';
import { type Message, NO_NONCE } from '../../../src/membership/message.ts';
import { nameHash } from '../../../src/membership/names.ts';
import { Observers } from '../../../src/membership/observers.ts';
import type { Instant, Outgoing } from '../../../src/membership/types.ts';
import { randomFrom, VirtualTime } from '../../../src/testing/index.ts';

const INTERVAL_MS = 1000;
const RTT_MS = { median: 1, sigma: 0.3 };
const SELF = 'hub';

export interface HubOptions {
  readonly seed: number;
  readonly members: number;
  /** Observers a member; as many as members: everyone watches everyone. */
  readonly observers: number;
  /** Told of every call into the membership: runs it. */
  readonly timed: <T>(call: () => T) => T;
}

interface Other {
  readonly name: string;
  readonly bootId: string;
  seq: number;
  /** Last nonce that came from the hub. */
  echo: string;
}

export class Hub {
  readonly membership: Membership;
  readonly time = new VirtualTime();
  readonly watched: number;
  readonly #options: HubOptions;
  readonly #random;
  readonly #others = new Map<string, Other>();
  readonly #digest: number;
  #nonces = 0;
  #dueMs = Infinity;
  readonly #sent: Outgoing[] = [];

  constructor(options: HubOptions) {
    this.#options = options;
    this.#random = randomFrom(options.seed);
    const names = Array.from(
      { length: options.members },
      (_, i) => `10.0.${i >> 8}.${i & 255}:8080`,
    );
    const observers = Observers.among([...names, SELF], options.observers);
    this.#digest = observers.digest;
    this.membership = new Membership({
      ...{ self: SELF, bootId: 'ffffffffffffffff', intervalMs: INTERVAL_MS },
      observers: options.observers,
      random: () => this.#random.next(),
      send: (out) => this.#sent.push(out),
      emit: () => undefined,
    });
    this.membership.setMembers([...names, SELF], this.#now());
    this.watched = this.membership.peers(0).length;
    for (const [i, name] of names.entries()) {
      this.#others.set(name, { name, bootId: hex16(i + 1), seq: 0, echo: NO_NONCE });
    }
    for (const name of observers.of(SELF)) {
      this.time.schedule(this.#random.next() * INTERVAL_MS, () => this.#askHub(name));
    }
    this.#arm();
  }

  run(untilMs: number): void {
    this.time.runUntil(untilMs);
  }

  #askHub(name: string): void {
    const other = this.#others.get(name) as Other;
    this.#deliver(this.#message(other, 'question', other.echo));
    this.time.schedule(this.time.nowMs + INTERVAL_MS, () => this.#askHub(name));
  }

  /** As Liveness does: the next tick is looked for after every message. */
  #deliver(message: Message): void {
    const at = this.#now();
    const answer = this.#options.timed(() => this.membership.receive(message, at));
    if (answer) (this.#others.get(message.from) as Other).echo = answer.nonce;
    this.#flush();
    this.#arm();
  }

  #arm(): void {
    const nowMs = this.time.nowMs;
    const atMs = Math.max(
      nowMs + 1,
      this.#options.timed(() => this.membership.nextTickMs(nowMs)),
    );
    if (atMs >= this.#dueMs && this.#dueMs > nowMs) return;
    this.#dueMs = atMs;
    this.time.schedule(atMs, () => {
      if (this.time.nowMs !== this.#dueMs) return; // another came before
      this.#dueMs = Infinity;
      const at = this.#now();
      this.#options.timed(() => this.membership.tick(at));
      this.#flush();
      this.#arm();
    });
  }

  #flush(): void {
    for (const { to, message } of this.#sent.splice(0)) {
      const other = this.#others.get(to);
      if (!other) continue;
      other.echo = message.nonce;
      if (message.kind !== 'question') continue;
      const rttMs = this.#random.lognormal(RTT_MS.median, RTT_MS.sigma);
      this.time.schedule(this.time.nowMs + rttMs, () =>
        this.#deliver(this.#message(other, 'answer', message.nonce)),
      );
    }
  }

  #message(other: Other, kind: 'question' | 'answer', echo: string): Message {
    const { nowMs } = this.time;
    return {
      ...{ kind, from: other.name, to: nameHash(SELF), bootId: other.bootId, echo },
      ...{ seq: ++other.seq, nonce: hex16(++this.#nonces), sentAtMs: nowMs, sentAtWallMs: nowMs },
      ...(kind === 'answer' ? { receivedAtMs: nowMs } : {}),
      ...{ pausedMs: 0, progress: other.seq, digest: this.#digest },
      ...{ opinions: [], asks: [], extensions: [] },
    };
  }

  #now(): Instant {
    return { monoMs: this.time.nowMs, wallMs: this.time.nowMs };
  }
}

function hex16(value: number): string {
  return value.toString(16).padStart(16, '0');
}
