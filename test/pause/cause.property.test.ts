import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyPause, PAUSE_CAUSES } from '../../src/pause/cause.ts';
import type { PauseFacts } from '../../src/pause/facts.ts';
import { pauseEvent } from '../../src/pause/pause-event.ts';
import { runs } from '../support/properties.ts';

const ms = fc.double({ min: 0, max: 1e7, noNaN: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Whatever a kernel may say, consistent or not. */
const anyFacts: fc.Arbitrary<PauseFacts> = fc
  .record({
    ...{ gapMs: ms, slackMs: fc.double({ min: 0, max: 40, noNaN: true }) },
    ...{ idleMs: maybe(ms), processCpuMs: maybe(ms), mainRunMs: maybe(ms), runQueueMs: maybe(ms) },
    ...{ throttledMs: maybe(ms), pressureMs: maybe(ms), stealMs: maybe(ms), bootGapMs: maybe(ms) },
    ...{ gcMs: maybe(ms), workerGapMs: maybe(ms), continued: fc.boolean() },
    ...{
      witnessRuns: maybe(fc.nat(5)),
      debuggerRuns: maybe(fc.nat(5)),
    },
  })
  .map(({ slackMs, ...facts }) => ({ ...facts, windowMs: facts.gapMs + slackMs }));

describe('classifyPause', () => {
  it('always says something', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { cause, because } = classifyPause(facts);
        expect(PAUSE_CAUSES).toContain(cause);
        expect(because).not.toMatch(/NaN|undefined|Infinity|-\d/);
      }),
      runs(500),
    );
  });

  it('never calls it a stop if its thread was on a CPU, or queued for one, most of the time', () => {
    fc.assert(
      fc.property(anyFacts, fc.double({ min: 0.51, max: 1, noNaN: true }), (facts, share) => {
        const given = { ...facts, mainRunMs: share * facts.windowMs, runQueueMs: 0 };
        expect(['stopped', 'blocked']).not.toContain(classifyPause(given).cause);
        const queued = { ...facts, mainRunMs: 0, runQueueMs: share * facts.windowMs };
        expect(['stopped', 'blocked', 'sync-code']).not.toContain(classifyPause(queued).cause);
      }),
      runs(500),
    );
  });

  it('calls nothing throttled or a collection that has none', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { cause } = classifyPause({
          ...facts,
          gapMs: facts.gapMs + 1,
          throttledMs: 0,
          gcMs: 0,
        });
        expect(['throttled', 'gc']).not.toContain(cause);
      }),
      runs(500),
    );
  });
});

describe('pauseEvent', () => {
  it('starts between the last tick and when the next was due', () => {
    fc.assert(
      fc.property(anyFacts, fc.double({ min: 0, max: 1, noNaN: true }), (facts, busyBefore) => {
        const { fromMs, toMs, durationMs } = pauseEvent(facts, { toMs: 1e8, busyBefore });
        expect(toMs).toBe(1e8);
        expect(fromMs).toBeGreaterThanOrEqual(toMs - facts.windowMs - 1e-6);
        expect(fromMs).toBeLessThanOrEqual(toMs - facts.gapMs + 1e-6);
        expect(durationMs).toBeGreaterThanOrEqual(toMs - fromMs);
      }),
      runs(500),
    );
  });
});
