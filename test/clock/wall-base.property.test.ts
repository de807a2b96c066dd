import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WallBase } from '../../src/clock/wall-base.ts';
import { runs } from '../support/properties.ts';
import { anyShare } from '../support/arbitraries.ts';
import { Machine, type Turn } from './wall-base-support.ts';

/** Readings of an ordinary process: at any phase, some next to each other, some across pauses. */
const anyWaitMs = fc.oneof(
  anyShare,
  anyShare.map((share) => 20 * share),
  fc.constant(5000),
);
const anyTookMs = fc.oneof(
  { weight: 9, arbitrary: fc.constant(2e-4) },
  { weight: 1, arbitrary: anyShare.map((share) => 3000 * share) },
);
const anyTurn: fc.Arbitrary<Turn> = fc.record({
  waitMs: anyWaitMs,
  tookMs: anyTookMs,
  at: anyShare,
  ratePpm: fc.constantFrom(-15, 0, 15),
});
const anyTurns = fc.array(anyTurn, { minLength: 1, maxLength: 200 });
/** Doubles of 1.8e12 are 0.24 µs apart, and the machine of the test adds them up. */
const ROUNDING_MS = 0.01;

describe('whenever the clocks are read', () => {
  it('the true base is inside the bounds, and nobody sees a step, while none is made', () =>
    fc.assert(
      fc.property(anyTurns, fc.nat(999), (turns, phase) => {
        const machine = new Machine({ baseMs: 1e6 + phase / 1000 });
        const base = new WallBase();
        for (const turn of turns) {
          expect(base.read(machine.read(turn))).toBeUndefined();
          expect(base.isChanging).toBe(false);
          const { baseMs, errorMs } = base.at(machine.monoMs)!;
          expect(Math.abs(baseMs - machine.baseMs)).toBeLessThanOrEqual(errorMs);
        }
      }),
      runs(300),
    ));

  it('any step of at least grain + width + gap is seen by the next reading', () =>
    fc.assert(
      fc.property(
        anyTurns,
        anyTurn,
        fc.constantFrom(1, -1),
        fc.oneof(anyShare, fc.nat(3_600_000)),
        (turns, turn, sign, beyond) => {
          const machine = new Machine({ baseMs: 1e6 });
          const base = new WallBase();
          for (const each of turns) base.read(machine.read(each));
          const widthMs = base.widthMs(machine.monoMs + turn.waitMs + turn.tookMs);
          const stepMs = sign * (1 + widthMs + turn.tookMs + beyond + ROUNDING_MS);
          const told = base.read(machine.read({ ...turn, stepMs }));
          expect(base.isChanging || told !== undefined).toBe(true);
        },
      ),
      runs(300),
    ));

  it('a step of at least 1 ms is seen by each reading that no tick comes near', () =>
    fc.assert(
      fc.property(anyTurns, fc.constantFrom(1, -1), anyShare, anyShare, (turns, sign, more, at) => {
        const machine = new Machine({ baseMs: 1e6 });
        const base = new WallBase();
        for (const each of turns) base.read(machine.read(each));
        const doubtMs = base.widthMs(machine.monoMs + 20) + ROUNDING_MS;
        fc.pre(doubtMs < 0.4);
        const phaseMs = doubtMs + at * (1 - 2 * doubtMs);
        base.read(machine.quick(20 - machine.phaseMs + phaseMs, sign * (1 + more)));
        expect(base.isChanging).toBe(true);
      }),
      runs(300),
    ));

  it('a step that is told is as large as it says, within what it says', () =>
    fc.assert(
      fc.property(anyTurns, anyTurns, fc.integer(), (before, after, micros) => {
        const machine = new Machine({ baseMs: 1e6 });
        const base = new WallBase();
        for (const each of before) base.read(machine.read(each));
        const stepMs = micros / 1000;
        const widthMs = base.widthMs(machine.monoMs + 10_000);
        const told = after.flatMap((turn, i) => {
          const step = base.read(machine.read({ ...turn, stepMs: i === 0 ? stepMs : 0 }));
          return step ? [step] : [];
        });
        expect(told.length).toBeLessThanOrEqual(1);
        // What was read between a small step and its discovery may have misled by the width.
        for (const { byMs, errorMs } of told) {
          expect(Math.abs(byMs - stepMs)).toBeLessThanOrEqual(errorMs + widthMs + ROUNDING_MS);
        }
      }),
      runs(300),
    ));
});
