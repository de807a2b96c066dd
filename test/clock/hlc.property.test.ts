import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hlcFromText, hlcParts, hlcText, HybridClock } from '../../src/clock/hlc.ts';
import { runs } from '../support/properties.ts';

const NODES = 4;
const MAX_AHEAD_MS = 60_000;
const START_MS = 1_700_000_000_000;

/** What happens next: time passes, a clock is set, or a node acts on its own or on a message. */
const anyEvent = fc.record({
  node: fc.nat(NODES - 1),
  afterMs: fc.nat(50).map((tenths) => tenths / 10),
  stepMs: fc.oneof(
    { weight: 9, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -5_000, max: 5_000 }) },
  ),
  /** Which of the messages so far is received; beyond them: none, an event of its own. */
  message: fc.nat(40),
});
const anyHistory = fc.array(anyEvent, { maxLength: 60 });
const anySkews = fc.array(fc.integer({ min: -20_000, max: 20_000 }), {
  minLength: NODES,
  maxLength: NODES,
});

interface Happened {
  readonly node: number;
  readonly hlc: bigint;
  readonly wallMs: number;
  /** Events that this one knows of, itself included. */
  readonly causes: ReadonlySet<number>;
}

type Event = typeof anyEvent extends fc.Arbitrary<infer E> ? E : never;

/** Nodes with skewed, stepping clocks that send each other all they do. */
function run(history: readonly Event[], skews: readonly number[]): Happened[] {
  const clocks = skews.map(() => new HybridClock({ maxAheadMs: MAX_AHEAD_MS }));
  const offsets = [...skews];
  const known = skews.map(() => new Set<number>());
  const happened: Happened[] = [];
  let nowMs = START_MS;
  for (const { node, afterMs, stepMs, message } of history) {
    nowMs += afterMs;
    offsets[node]! += stepMs;
    const wallMs = nowMs + offsets[node]!;
    const heard = happened[message];
    const received = heard && clocks[node]!.receive(heard.hlc, wallMs);
    if (received !== undefined) for (const cause of heard!.causes) known[node]!.add(cause);
    const hlc = received ?? clocks[node]!.send(wallMs);
    known[node]!.add(happened.length);
    happened.push({ node, hlc, wallMs, causes: new Set(known[node]) });
  }
  return happened;
}

describe('among nodes whose clocks are skewed and set', () => {
  it('every cause has a smaller timestamp than its effects', () =>
    fc.assert(
      fc.property(anyHistory, anySkews, (history, skews) => {
        const happened = run(history, skews);
        happened.forEach(({ hlc, causes }, i) => {
          for (const cause of causes) {
            if (cause !== i) expect(happened[cause]!.hlc < hlc).toBe(true);
          }
        });
      }),
      runs(200),
    ));

  it('no timestamp is behind its wall clock, or ahead of all wall clocks so far', () =>
    fc.assert(
      fc.property(anyHistory, anySkews, (history, skews) => {
        let aheadMs = -Infinity;
        for (const { hlc, wallMs } of run(history, skews)) {
          aheadMs = Math.max(aheadMs, Math.floor(wallMs));
          expect(hlcParts(hlc).wallMs).toBeGreaterThanOrEqual(Math.floor(wallMs));
          expect(hlcParts(hlc).wallMs).toBeLessThanOrEqual(aheadMs);
        }
      }),
      runs(200),
    ));

  it('counts no further than there were events, if clocks are equal', () =>
    fc.assert(
      fc.property(anyHistory, (history) => {
        const still = history.map((event) => ({ ...event, stepMs: 0 }));
        for (const { hlc, wallMs } of run(still, [0, 0, 0, 0])) {
          expect(hlcParts(hlc).wallMs).toBe(Math.floor(wallMs));
          expect(hlcParts(hlc).counter).toBeLessThan(history.length);
        }
      }),
      runs(200),
    ));
});

describe('whatever is received', () => {
  const anyRemote = fc.oneof(
    fc.bigInt({ min: -1n, max: (1n << 64n) + 1n }),
    fc.integer({ min: -70_000, max: 70_000 }).map((aheadMs) => BigInt(START_MS + aheadMs) << 16n),
  );

  it('the clock stays within maxAheadMs of its own, and moves only forward', () =>
    fc.assert(
      fc.property(fc.array(anyRemote), fc.nat(MAX_AHEAD_MS), (remotes, maxAheadMs) => {
        const clock = new HybridClock({ maxAheadMs });
        let wallMs = START_MS;
        for (const remote of remotes) {
          const before = clock.last;
          const taken = clock.receive(remote, wallMs);
          expect(taken === undefined ? clock.last === before : clock.last > before).toBe(true);
          expect(clock.last).toBe(taken ?? before);
          // A full counter carries.
          const aheadMs = hlcParts(clock.last).wallMs - wallMs;
          expect(aheadMs).toBeLessThanOrEqual(maxAheadMs + 1);
          wallMs += 0.7;
        }
      }),
      runs(300),
    ));

  it('its text is its own, in the same order', () =>
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        (a, b) => {
          expect(hlcFromText(hlcText(a))).toBe(a);
          expect(hlcText(a) < hlcText(b)).toBe(a < b);
        },
      ),
      runs(300),
    ));
});
