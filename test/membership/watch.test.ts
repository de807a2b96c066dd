import { describe, expect, it } from 'vitest';
import { Contact } from '../../src/membership/contact.ts';
import { Watch } from '../../src/membership/watch.ts';

const INTERVAL_MS = 1000;

function watched(): Watch {
  const contact = new Contact('b');
  return new Watch({ contact, intervalMs: INTERVAL_MS, suspectPhi: 8, nowMs: 0, askAtMs: 0 });
}

/** One that was asked every interval, and answered with so many turns of its main loop. */
function answering(turnsAt: (second: number) => number, seconds: number): Watch {
  const watch = watched();
  for (let i = 0; i < seconds; i++) {
    const atMs = i * INTERVAL_MS;
    watch.doubt.asked(atMs);
    watch.doubt.answered(atMs + 2);
    watch.heard(atMs + 2);
    watch.progressed(turnsAt(i), atMs + 2);
  }
  return watch;
}

describe('a main loop', () => {
  it('that goes on is alive', () => {
    expect(answering((i) => i, 20).judge(19_100, 0).vote).toBe('alive');
  });

  it('that stands still for two intervals while its worker answers is stalled, not suspected', () => {
    const stuck = (seconds: number) => answering((i) => Math.min(i, 10), seconds);
    expect(stuck(12).judge(11_100, 0).vote).toBe('alive');
    expect(stuck(13).judge(12_100, 0).vote).toBe('stalled');
    expect(stuck(60).judge(59_100, 0)).toEqual({
      vote: 'stalled',
      because: 'it answers, but its main loop stands still',
    });
  });

  it('that goes on again is alive', () => {
    const watch = answering((i) => (i < 15 ? Math.min(i, 5) : i), 17);
    expect(watch.judge(16_100, 0).vote).toBe('alive');
  });

  it('whose turns begin anew with another life is alive', () => {
    const watch = answering(() => 7, 20);
    watch.restarted();
    watch.heard(20_000);
    watch.progressed(7, 20_000);
    expect(watch.judge(20_100, 0).vote).toBe('alive');
  });

  it('did not stand still while we did', () => {
    const watch = answering((i) => i, 10);
    watch.localPause(9100, 30_000);
    watch.heard(30_001);
    watch.progressed(9, 30_001);
    expect(watch.judge(30_002, 0).vote).toBe('alive');
  });
});

describe('silence', () => {
  function silent(): Watch {
    const watch = answering((i) => i, 20);
    watch.doubt.asked(20_000);
    return watch;
  }

  it('is called late, then suspect', () => {
    const watch = silent();
    expect(watch.judge(20_010, 0).vote).toBe('alive');
    expect(watch.judge(watch.doubt.instantMs(3) + 1, 0).vote).toBe('slow');
    expect(watch.judge(watch.doubt.instantMs(8) + 1, 0)).toMatchObject({
      vote: 'suspect',
      reason: 'silence',
    });
  });

  it('lasts longer where we doubt ourselves', () => {
    const watch = silent();
    const atMs = watch.doubt.instantMs(8) + 1;
    expect(watch.judge(atMs + 1990, 2000).vote).toBe('slow');
    expect(watch.judge(atMs + 2000, 2000).vote).toBe('suspect');
  });

  it('tells when it is to be judged again', () => {
    const watch = silent();
    const slowMs = watch.nextJudgementMs(20_000, 0);
    expect(watch.judge(slowMs + 0.001, 0).vote).toBe('slow');
    const suspectMs = watch.nextJudgementMs(slowMs + 0.001, 500);
    expect(suspectMs).toBeCloseTo(watch.doubt.instantMs(8) + 500, 6);
    expect(watch.nextJudgementMs(suspectMs + 0.001, 500)).toBe(Infinity);
  });
});

describe('evidence in order of weight', () => {
  it('a goodbye is above all', () => {
    const watch = answering((i) => i, 10);
    watch.gone('refused', 9500);
    watch.left(9600);
    expect(watch.judge(9700, 0).vote).toBe('left');
  });

  it('what is known to be gone is above silence and stalling', () => {
    const watch = answering(() => 1, 20);
    watch.gone('refused', 19_500);
    expect(watch.judge(19_600, 0)).toMatchObject({ vote: 'suspect', reason: 'refused' });
  });

  it('a sign of life undoes it, an older one does not', () => {
    const watch = answering((i) => i, 10);
    watch.gone('crash', 9500);
    watch.heard(9400);
    expect(watch.judge(9600, 0).vote).toBe('suspect');
    watch.heard(9700);
    expect(watch.judge(9800, 0).vote).toBe('alive');
  });
});

describe('after several wrong suspicions', () => {
  it('a peer is called slow for a while, though it votes alive for others', () => {
    const watch = answering((i) => i, 20);
    for (const atMs of [18_000, 18_500, 19_000]) watch.damping.mistake(atMs, INTERVAL_MS);
    expect(watch.judge(19_100, 0)).toMatchObject({ vote: 'slow' });
    const untilMs = watch.damping.holdUntilMs;
    expect(watch.nextJudgementMs(19_100, 0)).toBeLessThanOrEqual(untilMs);
    expect(watch.judge(untilMs, 0).vote).toBe('alive');
  });
});
