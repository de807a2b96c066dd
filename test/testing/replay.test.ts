import { describe, expect, it } from 'vitest';
import type { Detector } from '../../src/detector/types.ts';
import { replay } from '../../src/testing/replay.ts';

/** Suspects after 3 s of silence, own pauses taken off, whatever phi. */
function fixed(): Detector & { pauses: number } {
  let heardAtMs = 0;
  let pausedMs = 0;
  return {
    pauses: 0,
    heartbeat({ arrivedAtMs }) {
      heardAtMs = arrivedAtMs;
      pausedMs = 0;
    },
    localPause(fromMs, toMs) {
      this.pauses++;
      pausedMs += toMs - fromMs;
    },
    phi: () => undefined,
    deadlineMs: () => heardAtMs + 3000 + pausedMs,
  };
}

const beats = (...seconds: number[]) => seconds.map((second) => ({ arrivedAtMs: second * 1000 }));

describe('replay', () => {
  it('suspects from the deadline to the next heartbeat', () => {
    expect(replay(fixed(), beats(0, 1, 2, 7, 8))).toEqual([
      { fromMs: 5000, toMs: 7000, endedBy: 3 },
    ]);
  });

  it('suspects nobody before the first heartbeat', () => {
    expect(replay(fixed(), beats(100, 101))).toEqual([]);
    expect(replay(fixed(), [], { untilMs: 1e6 })).toEqual([]);
  });

  it('watches on after the last heartbeat where told to', () => {
    expect(replay(fixed(), beats(0, 1), { untilMs: 3999 })).toEqual([]);
    expect(replay(fixed(), beats(0, 1), { untilMs: 9000 })).toEqual([{ fromMs: 4000 }]);
  });

  it('tells of a pause before it judges the silence that it fell into', () => {
    const detector = fixed();
    const pauses = [{ fromMs: 2500, toMs: 6500 }];
    expect(replay(detector, beats(0, 1, 2, 7, 8), { pauses })).toEqual([]);
    expect(detector.pauses).toBe(1);
  });

  it('takes back no suspicion that was raised before the pause', () => {
    const detector = fixed();
    const pauses = [{ fromMs: 5500, toMs: 6500 }];
    const suspicions = replay(detector, beats(0, 1, 2, 7, 8), { pauses });
    expect(suspicions).toEqual([{ fromMs: 5000, toMs: 7000, endedBy: 3 }]);
    expect(detector.pauses).toBe(1);
  });
});
