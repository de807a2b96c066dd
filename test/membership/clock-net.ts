/** A tiny net in which every node has a wall clock of its own, and somebody may set it. */
import { expect } from 'vitest';
import type { Message } from '../../src/membership/message.ts';
import type { Membership } from '../../src/membership/membership.ts';
import type { Instant, PeerClockView } from '../../src/membership/types.ts';
import { seed } from '../support/capabilities.ts';
import { TinyNet, type TinyNetOptions } from './tiny-net.ts';

/** Wall clocks are numbers near 10^12, a quarter of a microsecond apart. */
const ROUNDING_MS = 0.002;
/** Sums of other numbers than before may fall short of an instant by less than this. */
const GRAIN_MS = 1e-6;
const TRUE_WALL_MS = 1.78e12;

/** How far a wall clock is ahead of true time. */
interface Wall {
  aheadMs: number;
  /** It gains so much. */
  driftPpm: number;
  /** How far what it shows may be off it, and by how much that is, of that. */
  readonly errorMs: number;
  readonly offShare: number;
  /** How often it was set, as far as is told; undefined: nobody tells. */
  steps: number | undefined;
}

export interface ClockNetOptions extends TinyNetOptions {
  readonly walls?: Readonly<Record<string, Partial<Wall>>>;
  /** Nodes whose messages have no extensions: of an older version. */
  readonly old?: readonly string[];
}

/** How much of a node's time its monotonic clock has missed. */
type Missed = Map<string, number>;

export class ClockNet extends TinyNet {
  /** To look at who has just received a message. */
  delivered: (to: string, message: Message) => void = () => undefined;
  readonly #walls: ReadonlyMap<string, Wall>;
  readonly #missed: Missed;
  readonly #old: readonly string[];

  constructor(names: readonly string[], options: ClockNetOptions = {}) {
    const { walls: given = {}, old = [], ...rest } = options;
    const walls = new Map(names.map((name) => [name, wallOf(given[name])]));
    const missed: Missed = new Map();
    const instant = (name: string, nowMs: number) =>
      shown(walls.get(name)!, nowMs, nowMs - (missed.get(name) ?? 0));
    super(names, { seed: seed(), ...rest, instant });
    this.#walls = walls;
    this.#missed = missed;
    this.#old = old;
  }

  /** Somebody sets its wall clock. */
  step(name: string, byMs: number): this {
    const wall = this.#walls.get(name)!;
    wall.aheadMs += byMs;
    if (wall.steps !== undefined) wall.steps++;
    return this;
  }

  /** Its wall clock gains so much from now on. */
  drift(name: string, driftPpm: number): this {
    const wall = this.#walls.get(name)!;
    wall.aheadMs += this.time.nowMs * (wall.driftPpm - driftPpm) * 1e-6;
    wall.driftPpm = driftPpm;
    return this;
  }

  /**
   * Its machine is suspended, once in a run: it does nothing, messages wait, and its monotonic
   * clock stands still while its wall clock runs on. Then `resumed` is called, before it reads them.
   */
  suspend(name: string, ms: number, resumed: (membership: Membership) => void): this {
    const { membership } = this.node(name);
    this.#missed.set(name, ms);
    // The net knows its own time alone, so the node is asked in its own.
    const nextTickMs = membership.nextTickMs.bind(membership);
    const peers = membership.peers.bind(membership);
    membership.nextTickMs = (nowMs) => nextTickMs(nowMs - ms) + ms + GRAIN_MS;
    membership.peers = (nowMs) => peers(nowMs - ms);
    // By its own clock, it has not stood still.
    membership.localPause = () => resumed(membership);
    return this.pause(name, ms);
  }

  /** How far its wall clock is ahead of true time now. */
  aheadMs(name: string): number {
    const { aheadMs, driftPpm } = this.#walls.get(name)!;
    return aheadMs + this.time.nowMs * driftPpm * 1e-6;
  }

  override deliver(to: string, message: Message): Message | undefined {
    const isOld = this.#old.includes(message.from);
    const answer = super.deliver(to, isOld ? { ...message, extensions: [] } : message);
    this.delivered(to, message);
    return answer;
  }

  clock(at: string, of: string): PeerClockView | undefined {
    return this.view(at, of).clock;
  }

  /** True time less the wall clock of `at`, as peers tell it. */
  references(at: string): ReturnType<Membership['clocks']['references']> {
    return this.node(at).membership.clocks.references(this.now(at));
  }

  /** What `at` knows of the clock of `of` holds the truth. */
  expectTruth(at: string, of: string): void {
    const { lowMs, highMs } = this.clock(at, of)!;
    expectWithin(this.aheadMs(of) - this.aheadMs(at), lowMs, highMs);
  }

  /** What peers tell `at` of true time holds it. */
  expectTrueReferences(at: string): void {
    for (const { bounds } of this.references(at)) {
      expectWithin(-this.aheadMs(at), bounds.lowMs, bounds.highMs);
    }
  }

  /** As `run`, with a look every so often. */
  watch(ms: number, look: () => void, everyMs = 1): this {
    for (let passedMs = 0; passedMs < ms; passedMs += everyMs) {
      this.run(everyMs);
      look();
    }
    return this;
  }

  /** Questions of one to another since then, by time. */
  questions(from: string, to: string, sinceMs = 0): number[] {
    const sent = this.sent.filter(({ atMs, message }) => {
      return atMs >= sinceMs && message.kind === 'question';
    });
    return sent.filter((each) => each.from === from && each.to === to).map(({ atMs }) => atMs);
  }
}

export function expectWithin(value: number, lowMs: number, highMs: number): void {
  expect(value).toBeGreaterThanOrEqual(lowMs - ROUNDING_MS);
  expect(value).toBeLessThanOrEqual(highMs + ROUNDING_MS);
}

function wallOf(given: Partial<Wall> = {}): Wall {
  return { aheadMs: 0, driftPpm: 0, errorMs: 0, offShare: 0, steps: 0, ...given };
}

function shown(wall: Wall, nowMs: number, monoMs: number): Instant {
  const { aheadMs, driftPpm, errorMs, offShare, steps: wallSteps } = wall;
  const wallMs = TRUE_WALL_MS + nowMs * (1 + driftPpm * 1e-6) + aheadMs + errorMs * offShare;
  const told = { monoMs, wallMs, wallErrorMs: errorMs };
  return wallSteps === undefined ? told : { ...told, wallSteps };
}
