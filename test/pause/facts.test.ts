import { describe, expect, it } from 'vitest';
import { factsBetween, type Sample } from '../../src/pause/facts.ts';

const none: Sample = {
  ...{ atMs: 0, idleMs: undefined, processCpuMs: undefined, mainRunMs: undefined },
  ...{
    runQueueMs: undefined,
    witnessRuns: undefined,
    throttledMs: undefined,
    suspendedMs: undefined,
  },
  ...{
    debuggerRuns: undefined,
    pressureMs: undefined,
    stealMs: undefined,
  },
};

describe('factsBetween', () => {
  it('takes the differences', () => {
    const before = { ...none, atMs: 100, mainRunMs: 5, witnessRuns: 7, suspendedMs: 5000 };
    const after = { ...none, atMs: 420, mainRunMs: 305, witnessRuns: 9, suspendedMs: 5000 };
    expect(factsBetween(before, after, 300)).toMatchObject({
      ...{ gapMs: 300, windowMs: 320, mainRunMs: 300, witnessRuns: 2, bootGapMs: 0 },
    });
  });

  it('sees what the clock that counts suspension ran on', () => {
    const before = { ...none, atMs: 100, suspendedMs: 5000 };
    const after = { ...none, atMs: 120, suspendedMs: 65_000 };
    expect(factsBetween(before, after, 0).bootGapMs).toBe(60_000);
  });

  it('knows nothing of what could not be read, or was set anew', () => {
    const before = { ...none, idleMs: 5, throttledMs: 900 };
    const after = { ...none, atMs: 20, mainRunMs: 305, throttledMs: 3 };
    const facts = factsBetween(before, after, 0);
    expect([facts.idleMs, facts.mainRunMs, facts.throttledMs, facts.bootGapMs]).toEqual(
      new Array(4).fill(undefined),
    );
  });
});

describe('a sample that is some ticks old', () => {
  it('is told without what the loop did until the last tick: off its running time', () => {
    const before = { ...none, idleMs: 0, mainRunMs: 0, runQueueMs: 0 };
    const after = { ...none, atMs: 500, idleMs: 100, mainRunMs: 340, runQueueMs: 60 };
    const lastTick = { atMs: 200, idleMs: 100 };
    expect(factsBetween(before, after, 290, lastTick)).toMatchObject({
      ...{ windowMs: 300, idleMs: 0, mainRunMs: 240, runQueueMs: 60 },
    });
  });

  it('and what it cannot have run, off its waiting time', () => {
    const before = { ...none, idleMs: 0, mainRunMs: 0, runQueueMs: 0 };
    const after = { ...none, atMs: 500, idleMs: 0, mainRunMs: 150, runQueueMs: 350 };
    const lastTick = { atMs: 200, idleMs: 0 };
    expect(factsBetween(before, after, 290, lastTick)).toMatchObject({
      ...{ windowMs: 300, mainRunMs: 0, runQueueMs: 300 },
    });
  });
});
