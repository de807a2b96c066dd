import { describe, expect, it } from 'vitest';
import type { PauseFacts } from '../../src/pause/facts.ts';
import { pauseEvent } from '../../src/pause/pause-event.ts';

const about = { toMs: 1000, busyBefore: 0 };

/** A tick was due 20 ms after the last one, and came 300 ms after that. */
function facts(given: Partial<PauseFacts>): PauseFacts {
  return {
    ...{ gapMs: 300, windowMs: 320, mainRunMs: 1, runQueueMs: 0, gcMs: 0, witnessRuns: 0 },
    ...given,
  };
}

describe('pauseEvent', () => {
  it('starts code after the time the loop was idle', () => {
    const event = pauseEvent(facts({ idleMs: 15, mainRunMs: 305 }), about);
    expect(event).toMatchObject({ cause: 'sync-code', fromMs: 695, toMs: 1000, durationMs: 305 });
  });

  it('starts code of a busy loop in the middle: code before it looks the same', () => {
    const event = pauseEvent(facts({ idleMs: 1, mainRunMs: 319 }), { ...about, busyBefore: 0.9 });
    expect(event.durationMs).toBe(310);
  });

  it('starts a call after what was idle and what ran', () => {
    const event = pauseEvent(facts({ idleMs: 4, mainRunMs: 7 }), about);
    expect(event).toMatchObject({ cause: 'blocked', durationMs: 309 });
  });

  it('starts a stop in the poll in the middle between two ticks', () => {
    const event = pauseEvent(facts({ idleMs: 319, witnessRuns: 2 }), about);
    expect(event).toMatchObject({ cause: 'stopped', durationMs: 310 });
  });

  it('starts starving in the poll when there was something to do', () => {
    const event = pauseEvent(facts({ idleMs: 319, runQueueMs: 300 }), about);
    expect(event).toMatchObject({ cause: 'starved', durationMs: 300 });
  });

  it('adds the time that the monotonic clock left out', () => {
    const asleep = facts({ gapMs: 0, windowMs: 20, idleMs: 20, bootGapMs: 3_600_000 });
    const event = pauseEvent(asleep, about);
    expect(event).toMatchObject({ cause: 'suspended', fromMs: 1000, durationMs: 3_600_000 });
  });

  it('takes the middle where nothing is known', () => {
    expect(pauseEvent({ gapMs: 300, windowMs: 320 }, about).durationMs).toBe(310);
  });
});
