import { describe, expect, it } from 'vitest';
import { classifyPause, type PauseCause } from '../../src/pause/cause.ts';
import type { PauseFacts } from '../../src/pause/facts.ts';

/** Facts of an idle process with a tick of 20 ms: what is not given is as if nothing happened. */
function facts(given: Partial<PauseFacts> & { readonly gapMs: number }): PauseFacts {
  return {
    windowMs: given.gapMs + 20,
    ...{
      idleMs: 20,
      processCpuMs: given.mainRunMs ?? 1,
      mainRunMs: 1,
      runQueueMs: 0,
      gcMs: 0,
      witnessRuns: 0,
    },
    ...{ throttledMs: 0, pressureMs: 0, stealMs: 0, bootGapMs: 0 },
    ...given,
  };
}

// Measured: a process stopped, kept busy, blocked, starved and throttled in real ways.
const MEASURED: readonly (readonly [string, PauseCause, PauseFacts])[] = [
  [
    'SIGSTOP while it waits in its poll',
    'stopped',
    facts({ gapMs: 1997, idleMs: 2016, mainRunMs: 0.3, runQueueMs: 1, witnessRuns: 2 }),
  ],
  [
    'SIGSTOP while it runs code',
    'stopped',
    facts({ gapMs: 299, idleMs: 1, mainRunMs: 18, witnessRuns: 2 }),
  ],
  [
    'a freezer, which tells nobody',
    'stopped',
    facts({ gapMs: 301, idleMs: 321, mainRunMs: 0.5, witnessRuns: 2 }),
  ],
  [
    'SIGSTOP in the middle of a collection',
    'stopped',
    facts({ gapMs: 1131, mainRunMs: 8, processCpuMs: 13, gcMs: 1132, witnessRuns: 2 }),
  ],
  [
    'a collection that waits for its helpers',
    'gc',
    facts({ gapMs: 300, mainRunMs: 90, processCpuMs: 120, gcMs: 290 }),
  ],
  ['a breakpoint', 'stopped', facts({ gapMs: 286, mainRunMs: 1.1, debuggerRuns: 4 })],
  [
    'a freezer whose thaw has not reached every thread',
    'stopped',
    facts({ gapMs: 300, idleMs: 318, witnessRuns: 1 }),
  ],
  ['a busy loop', 'sync-code', facts({ gapMs: 300, mainRunMs: 303, runQueueMs: 1.7, gcMs: 8 })],
  [
    'a busy loop beside others',
    'sync-code',
    facts({ gapMs: 355, mainRunMs: 260, runQueueMs: 95, pressureMs: 350 }),
  ],
  ['Atomics.wait', 'blocked', facts({ gapMs: 287, mainRunMs: 1.2, idleMs: 5 })],
  ['execSync', 'blocked', facts({ gapMs: 301, mainRunMs: 3.4, idleMs: 11 })],
  ['execSync, whose SIGCHLD woke a thread', 'blocked', facts({ gapMs: 301, witnessRuns: 1 })],
  ['a collection', 'gc', facts({ gapMs: 319, mainRunMs: 282, gcMs: 312, processCpuMs: 500 })],
  [
    'a collection, and the code that made the heap',
    'gc',
    facts({ gapMs: 695, mainRunMs: 481, runQueueMs: 190, gcMs: 312, processCpuMs: 1034 }),
  ],
  [
    'nice 19 beside six others',
    'starved',
    facts({ gapMs: 420, mainRunMs: 0.3, runQueueMs: 420, idleMs: 20, pressureMs: 430 }),
  ],
  [
    'nice 19, woken in its poll',
    'starved',
    facts({ gapMs: 420, mainRunMs: 0.3, runQueueMs: 420, idleMs: 440, pressureMs: 430 }),
  ],
  [
    'a quota, counted as waiting',
    'throttled',
    facts({ gapMs: 323, mainRunMs: 2, runQueueMs: 322, throttledMs: 310 }),
  ],
  [
    'a quota, not counted as waiting',
    'throttled',
    facts({ gapMs: 60, mainRunMs: 2, runQueueMs: 0, throttledMs: 58 }),
  ],
  ['a suspended machine', 'suspended', facts({ gapMs: 0, windowMs: 20, bootGapMs: 3_600_000 })],
  ['its resume, which took a while', 'suspended', facts({ gapMs: 80, bootGapMs: 60_000 })],
  ['a hypervisor that takes the CPU', 'starved', facts({ gapMs: 200, stealMs: 190, idleMs: 220 })],
];

describe('classifyPause', () => {
  it.each(MEASURED)('%s is %s', (_, cause, given) => {
    expect(classifyPause(given).cause).toBe(cause);
  });

  it('says the shares, the largest first', () => {
    const given = facts({ gapMs: 1000, windowMs: 1000, idleMs: 0, mainRunMs: 700, gcMs: 400 });
    expect(classifyPause(given).because).toBe(
      'sync-code 420 ms, gc 400 ms, blocked 180 ms of 1000 ms',
    );
  });

  it('names what is larger, code or the collections within it', () => {
    const of = (gcMs: number) => classifyPause(facts({ gapMs: 300, mainRunMs: 300, gcMs })).cause;
    expect([of(140), of(160)]).toEqual(['sync-code', 'gc']);
  });

  it('takes noise of the clock that counts suspension for noise', () => {
    expect(classifyPause(facts({ gapMs: 300, mainRunMs: 300, bootGapMs: 17 })).cause).toBe(
      'sync-code',
    );
  });

  describe('with a watching thread', () => {
    it.each([
      ['that stood still, too', 290, 'stopped'],
      ['that went on', 0, 'blocked'],
    ])('%s', (_, workerGapMs, cause) => {
      const given = facts({ gapMs: 300, witnessRuns: undefined, workerGapMs });
      expect(classifyPause(given).cause).toBe(cause);
    });
  });

  describe('where the system says nothing of its threads', () => {
    const silent: PauseFacts = { gapMs: 300, windowMs: 320, idleMs: 15, processCpuMs: 4 };

    it('says so', () => {
      expect(classifyPause(silent)).toEqual({
        cause: 'unknown',
        because: 'unknown 305 ms of 305 ms; this system does not say what its threads do',
      });
    });

    it.each<[string, Partial<PauseFacts>, PauseCause]>([
      ['collections are told', { gcMs: 280 }, 'gc'],
      ['SIGCONT is told', { continued: true }, 'stopped'],
    ])('%s all the same', (_, given, cause) => {
      expect(classifyPause({ ...silent, ...given }).cause).toBe(cause);
    });
  });

  it('cannot tell why the poll came back late where nobody was stopped', () => {
    expect(classifyPause(facts({ gapMs: 300, idleMs: 320 })).cause).toBe('unknown');
  });
});
