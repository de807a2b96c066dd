import { describe, expect, it } from 'vitest';
import { createPhiAccrualDetector, SUSPECT_PHI } from '../../src/detector/phi-accrual.ts';
import type { Detector } from '../../src/detector/types.ts';

const BOOT = 'a';
/** Two lost beats and a bit: where phi = 8 is before data say otherwise. */
const PRIOR_TAIL = 2.2;

/** Regular beats of one life, each a second, arriving after `delayMs`. */
function regular(
  count: number,
  { delayMs = 5, detector = createPhiAccrualDetector(), from = 0 } = {},
): { detector: Detector; lastMs: number } {
  for (let i = from; i < from + count; i++) {
    const sentAtMs = i * 1000;
    detector.heartbeat({ arrivedAtMs: sentAtMs + delayMs, sentAtMs, seq: i + 1, bootId: BOOT });
  }
  return { detector, lastMs: (from + count - 1) * 1000 + delayMs };
}

describe('before the first heartbeat', () => {
  it('phi is not known, and no deadline runs', () => {
    const detector = createPhiAccrualDetector();
    expect(detector.phi(0)).toBeUndefined();
    expect(detector.deadlineMs(8)).toBe(Infinity);
    detector.localPause(0, 10);
    expect(detector.phi(20)).toBeUndefined();
  });
});

describe('after one heartbeat', () => {
  it('the next is due an interval later, and suspected two lost beats and a bit after that', () => {
    const detector = createPhiAccrualDetector();
    detector.heartbeat({ arrivedAtMs: 100 });
    expect(detector.deadlineMs(8)).toBeCloseTo(100 + 1000 + PRIOR_TAIL * 1000, 3);
    expect(detector.phi(100)).toBe(0);
    expect(detector.phi(1100 + PRIOR_TAIL * 1000)).toBeCloseTo(8, 6);
  });

  it('another interval is expected where it is said', () => {
    const detector = createPhiAccrualDetector({ expectedIntervalMs: 100 });
    detector.heartbeat({ arrivedAtMs: 0 });
    expect(detector.deadlineMs(8)).toBeCloseTo(100 + PRIOR_TAIL * 100, 3);
  });
});

describe('after equal heartbeats', () => {
  it('a beat that comes when it is due is no surprise, the lack of two is', () => {
    const { detector, lastMs } = regular(200);
    expect(detector.phi(lastMs + 1000)).toBeLessThan(1);
    expect(detector.phi(lastMs + 3400)).toBeGreaterThan(SUSPECT_PHI);
    expect(detector.phi(lastMs + 2900)).toBeLessThan(SUSPECT_PHI);
  });

  it('phi is finite and grows for an hour', () => {
    const { detector, lastMs } = regular(50);
    let last = -1;
    for (let ms = 0; ms < 3_600_000; ms += 1000) {
      const phi = detector.phi(lastMs + ms)!;
      expect(Number.isFinite(phi)).toBe(true);
      expect(phi).toBeGreaterThanOrEqual(last);
      last = phi;
    }
    expect(last).toBeGreaterThan(1000);
  });
});

describe('a heartbeat', () => {
  it('that comes twice changes nothing', () => {
    const [once, twice] = [regular(20), regular(20)];
    const beat = { arrivedAtMs: twice.lastMs + 300, sentAtMs: 19_000, seq: 20, bootId: BOOT };
    twice.detector.heartbeat(beat);
    for (const phi of [1, 3, 8]) {
      expect(twice.detector.deadlineMs(phi)).toBe(once.detector.deadlineMs(phi));
    }
  });

  it('that was overtaken changes nothing', () => {
    const [once, twice] = [regular(20), regular(20)];
    const beat = { arrivedAtMs: twice.lastMs + 300, sentAtMs: 17_000, seq: 18, bootId: BOOT };
    twice.detector.heartbeat(beat);
    expect(twice.detector.deadlineMs(8)).toBe(once.detector.deadlineMs(8));
  });

  it.each([{ arrivedAtMs: NaN }, { arrivedAtMs: Infinity }, { arrivedAtMs: 0, sentAtMs: NaN }])(
    'with %o is refused',
    (beat) => {
      const { detector } = regular(5);
      const before = detector.deadlineMs(8);
      expect(() => detector.heartbeat(beat)).toThrow(
        expect.objectContaining({ code: 'ERR_TARDY_ARGUMENT' }),
      );
      expect(() => detector.heartbeat({ arrivedAtMs: 9000, seq: NaN })).toThrow('seq');
      expect(detector.deadlineMs(8)).toBe(before);
    },
  );

  it('of an interval that is none is refused', () => {
    for (const expectedIntervalMs of [0, -1, NaN, Infinity]) {
      expect(() => createPhiAccrualDetector({ expectedIntervalMs })).toThrow('expectedIntervalMs');
    }
  });
});

describe('a restart', () => {
  it('of which the boot id tells is trusted at once, whatever its numbers and clock', () => {
    const { detector, lastMs } = regular(100);
    detector.heartbeat({ arrivedAtMs: lastMs + 5000, sentAtMs: 3, seq: 1, bootId: 'b' });
    expect(detector.phi(lastMs + 5500)).toBeLessThan(1);
    expect(detector.deadlineMs(8)).toBeLessThan(lastMs + 5000 + 3500);
  });

  it('without a boot id is believed when numbers begin anew', () => {
    const detector = createPhiAccrualDetector();
    for (let i = 0; i < 100; i++) detector.heartbeat({ arrivedAtMs: i * 1000, seq: i + 1 });
    detector.heartbeat({ arrivedAtMs: 104_000, seq: 1 });
    expect(detector.phi(104_500)).toBeLessThan(1);
  });
});

describe('a clock of the sender that steps by an hour', () => {
  it.each([3_600_000, -3_600_000])('(%i ms) leaves the deadline where it was', (stepMs) => {
    const { detector } = regular(100);
    for (let i = 100; i < 300; i++) {
      const arrivedAtMs = i * 1000 + 5;
      detector.heartbeat({ arrivedAtMs, sentAtMs: i * 1000 + stepMs, seq: i + 1, bootId: BOOT });
      expect(detector.deadlineMs(8)).toBeGreaterThan(arrivedAtMs + 1000);
      expect(detector.deadlineMs(8)).toBeLessThan(arrivedAtMs + 1000 + 10_000);
    }
    expect(detector.deadlineMs(8)).toBeLessThan(299_000 + 3500);
  });
});

describe('a pause of our own', () => {
  it('moves the deadline by as much', () => {
    const { detector, lastMs } = regular(100);
    const before = detector.deadlineMs(8);
    detector.localPause(lastMs + 1500, lastMs + 6500);
    expect(detector.deadlineMs(8)).toBeCloseTo(before + 5000, 6);
    expect(detector.phi(lastMs + 6500)).toBeCloseTo(detector.phi(lastMs + 1500)!, 9);
  });

  it('teaches nothing: the beat that waited for us is not late', () => {
    const [paused, not] = [regular(100), regular(100)];
    paused.detector.localPause(99_500, 109_500);
    // The beats of ten seconds wait in the socket and are read at once.
    for (const { detector, atMs } of [
      { detector: paused.detector, atMs: () => 109_500 },
      { detector: not.detector, atMs: (i: number) => i * 1000 + 5 },
    ]) {
      for (let i = 100; i < 110; i++) {
        const arrivedAtMs = Math.max(atMs(i), i * 1000 + 5);
        detector.heartbeat({ arrivedAtMs, sentAtMs: i * 1000, seq: i + 1, bootId: BOOT });
      }
      regular(20, { detector, from: 110 });
    }
    const off = paused.detector.deadlineMs(8) - not.detector.deadlineMs(8);
    expect(Math.abs(off)).toBeLessThan(300);
  });
});
