import { describe, expect, it } from 'vitest';
import {
  gapsMs,
  hindsightMistakes,
  hindsightTimeoutMs,
  type Quality,
  replay,
  WARM_UP_BEATS,
} from '../../../bench/detector/replay.ts';
import {
  createCassandraDetector,
  createFixedDetector,
} from '../../../src/detector/baselines/index.ts';
import { DELAY_MS, INTERVAL_MS, sentAtMs, traceWith } from './support.ts';

const TIMEOUT_MS = 250;

function fixed() {
  return createFixedDetector({ timeoutMs: TIMEOUT_MS });
}

function judge(trace: Parameters<typeof replay>[0], gate = true): Quality {
  const { qualities } = replay(trace, fixed(), { phis: [1], gate });
  return qualities[0]!;
}

describe('replay', () => {
  it('without trouble: T_D is delay plus timeout, and there are no mistakes', () => {
    const quality = judge(traceWith(10));
    expect(quality).toMatchObject({ beats: 11, spanMs: 1000, mistakes: [], mistakesPerHour: 0 });
    expect(quality).toMatchObject({ meanTdMs: 257, p99TdMs: 257, maxTdMs: 257, accuracy: 1 });
    expect(quality.meanSilenceMs).toBe(TIMEOUT_MS);
    expect(quality.meanTmMs).toBeUndefined();
  });

  it('a slow heartbeat has a longer T_D', () => {
    // 40 ms longer on its way, so no mistake.
    const quality = judge(traceWith(9, { 5: { delayMs: DELAY_MS + 40 } }));
    expect(quality.meanTdMs).toBeCloseTo(257 + 40 / 10, 9);
    expect(quality.maxTdMs).toBe(297);
  });

  it('three lost in a row: one mistake, from the deadline until the next', () => {
    const lost = { delayMs: undefined };
    const trace = traceWith(20, { 4: lost, 5: lost, 6: lost });
    const quality = judge(trace);
    // Heartbeat 3 is followed by 7 after 400 ms.
    expect(quality.mistakes).toEqual([WARM_UP_BEATS + 4]);
    expect(trace.seq[quality.mistakes[0]!]).toBe(WARM_UP_BEATS + 7);
    expect(quality.meanTmMs).toBeCloseTo(150, 9);
    expect(quality.accuracy).toBeCloseTo(1 - 150 / 2000, 9);
    expect(quality.mistakesPerHour).toBeCloseTo(1800, 9);
  });

  it('does not judge the warm-up', () => {
    const lost = { delayMs: undefined };
    const trace = traceWith(5, { [-6]: lost, [-5]: lost, [-4]: lost });
    expect(judge(trace).mistakes).toEqual([]);
  });

  it('exactly at the deadline is in time', () => {
    const late = (ms: number) =>
      judge(traceWith(5, { 2: { delayMs: undefined }, 3: { delayMs: ms } }));
    expect(late(DELAY_MS + 50).mistakes).toHaveLength(0);
    expect(late(DELAY_MS + 50.001).mistakes).toHaveLength(1);
  });

  it('judges several phis at once', () => {
    const lost = { delayMs: undefined };
    const trace = traceWith(30, { 4: lost, 9: lost, 10: lost, 15: lost, 16: lost, 17: lost });
    const { qualities } = replay(trace, fixed(), { phis: [0.5, 1, 1.4, 2], gate: true });
    expect(qualities.map(({ mistakes }) => mistakes.length)).toEqual([3, 2, 1, 0]);
    expect(qualities.map(({ meanSilenceMs }) => meanSilenceMs)).toEqual([125, 250, 350, 500]);
  });

  it('tells phi at each arrival', () => {
    const { phiAtArrival } = replay(traceWith(5, { 3: { delayMs: undefined } }), fixed(), {
      ...{ phis: [1], gate: true, wantsPhi: true },
    });
    expect([...phiAtArrival]).toEqual([0.4, 0.4, 0.8, 0.4]);
  });

  it('tells mistakes apart by the silence that was allowed', () => {
    const lost = { delayMs: undefined };
    const trace = traceWith(8, { 7: lost });
    const allowed = [100, 200, 300, 150];
    let beat = 0;
    const detector = {
      heartbeat() {
        beat++;
      },
      localPause: () => undefined,
      phi: () => undefined,
      deadlineMs: () => trace.arrivedMs[beat - 1]! + allowed[beat % 4]!,
    };
    const { qualities } = replay(trace, detector, { phis: [1], gate: true, wantsQuarters: true });
    const { quarters = [], mistakes } = qualities[0]!;
    expect(quarters.reduce((sum, count) => sum + count, 0)).toBe(mistakes.length);
    expect(mistakes.length).toBeGreaterThan(0);
    expect(quarters[3]).toBe(0);
  });
});

describe("the receiver's own pauses", () => {
  // From 30 ms after heartbeat 4 arrived until 1 ms after 10 did: 5 to 10 wait.
  const pause = { fromMs: sentAtMs(4) + DELAY_MS + 30, toMs: sentAtMs(10) + DELAY_MS + 1 };
  const trace = traceWith(20, {}, [pause]);

  it('make heartbeats late', () => {
    expect([...trace.arrivedMs.slice(WARM_UP_BEATS + 5, WARM_UP_BEATS + 11)]).toEqual(
      Array.from({ length: 6 }, () => pause.toMs),
    );
    expect(trace.delayMs[WARM_UP_BEATS + 5]).toBeCloseTo(DELAY_MS + 501, 9);
  });

  it('are blamed on the sender without the gate, and not with it', () => {
    expect(judge(trace, false).mistakes).toEqual([WARM_UP_BEATS + 5]);
    expect(judge(trace, true).mistakes).toEqual([]);
  });

  it('do not excuse who suspected before', () => {
    const lost = { delayMs: undefined };
    const late = { fromMs: sentAtMs(7), toMs: sentAtMs(9) };
    const quality = judge(traceWith(20, { 4: lost, 5: lost, 6: lost, 7: lost, 8: lost }, [late]));
    expect(quality.mistakes).toEqual([WARM_UP_BEATS + 4]);
    // Suspected 250 ms after 3, until 9 arrives.
    expect(quality.meanTmMs).toBeCloseTo(600 - 250, 9);
  });

  it('count in phi at arrival as far as they had not begun', () => {
    const run = (gate: boolean) =>
      replay(trace, fixed(), { phis: [1], gate, wantsPhi: true }).phiAtArrival[4]!;
    expect(run(false)).toBeCloseTo((pause.toMs - sentAtMs(4) - DELAY_MS) / TIMEOUT_MS, 9);
    expect(run(true)).toBeCloseTo(30 / TIMEOUT_MS, 9);
  });

  it('are left out of the gaps of the hindsight with the gate only', () => {
    expect(gapsMs(trace, true)[0]).toBe(INTERVAL_MS);
    expect(gapsMs(trace, false)[0]).toBeCloseTo(pause.toMs - sentAtMs(4) - DELAY_MS, 9);
  });
});

describe('hindsight', () => {
  const lost = { delayMs: undefined };
  const trace = traceWith(30, { 4: lost, 9: lost, 10: lost, 15: lost, 16: lost, 17: lost });

  it('is the fixed timeout of the same T_D', () => {
    for (const timeoutMs of [150, 195, 298, 395]) {
      const detector = createFixedDetector({ timeoutMs });
      const { mistakes, meanTdMs } = replay(trace, detector, { phis: [1], gate: true })
        .qualities[0]!;
      expect(hindsightMistakes(trace, meanTdMs, true)).toBe(mistakes.length);
    }
  });

  it('is the shortest timeout of as many mistakes', () => {
    const gaps = gapsMs(trace, true);
    expect([0, 1, 2, 3].map((count) => hindsightTimeoutMs(gaps, count))).toEqual([
      400, 300, 200, 100,
    ]);
  });

  it('phi at arrival says how many mistakes a phi makes, of a detector that learns too', () => {
    const make = () => createCassandraDetector({ intervalMs: INTERVAL_MS });
    const all = replay(trace, make(), { phis: [1], gate: true, wantsPhi: true });
    for (const phi of [0.3, 0.5, 0.9, 1.5]) {
      const { qualities } = replay(trace, make(), { phis: [phi], gate: true });
      const beyond = all.phiAtArrival.filter((each) => each > phi);
      expect(qualities[0]!.mistakes).toHaveLength(beyond.length);
    }
  });
});
