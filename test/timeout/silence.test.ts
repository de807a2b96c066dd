import { describe, expect, it } from 'vitest';
import { Estimator } from '../../src/timeout/estimator.ts';
import type { Outcome, TimeoutEstimatorOptions } from '../../src/timeout/index.ts';
import { Silence } from '../../src/timeout/silence.ts';
import { seed } from '../support/capabilities.ts';
import { randomFrom } from '../support/random.ts';

const SIGMA = 0.4;
const MEDIAN_MS = 50;
const EVERY_MS = 20;

/** A caller that arms what it is told, of a peer whose state is given for each stretch. */
class Caller {
  readonly estimator: Estimator;
  #random = randomFrom(seed());
  nowMs = 0;

  constructor(options?: TimeoutEstimatorOptions) {
    this.estimator = new Estimator(options);
  }

  /** `slowdown`: every reply takes so many times as long; none comes at Infinity. */
  calls(count: number, slowdown = 1): this {
    for (let i = 0; i < count; i++) {
      this.#observe(this.#random.lognormal(MEDIAN_MS, SIGMA) * slowdown, this.timeoutMs);
    }
    return this;
  }

  /** The same replies come again. */
  reseed(): this {
    this.#random = randomFrom(seed());
    return this;
  }

  refused(): this {
    return this.#end(1, 'failed', this.timeoutMs);
  }

  get timeoutMs(): number {
    return this.estimator.timeoutMs(this.nowMs);
  }

  /** Reads everything anew. */
  get valueMs(): number {
    return this.estimator.advice(this.nowMs).value!;
  }

  #observe(rttMs: number, armedMs: number): void {
    if (rttMs > armedMs) this.#end(armedMs, 'timed-out', armedMs);
    else this.#end(rttMs, 'completed', armedMs);
  }

  #end(durationMs: number, outcome: Outcome, armedMs: number): this {
    this.nowMs += EVERY_MS;
    this.estimator.observe({ atMs: this.nowMs, durationMs, outcome, armedMs });
    return this;
  }
}

describe('a dead peer', () => {
  it.each([
    [5000, 1],
    [5000, 3],
    [5000, 20],
    [5000, 1000],
    [5000, 5000],
    [300, 1000],
    [40, 1000],
    [40, 3],
  ])(
    'known by %i replies, %i timeouts, then refused: the timeout is what it was',
    (known, dead) => {
      const caller = new Caller().calls(known);
      const before = caller.valueMs;
      caller.calls(dead, Infinity).refused();
      expect(caller.timeoutMs).toBe(before);
      expect(caller.valueMs).toBe(before);
    },
  );

  it('leaves no trace in what is told, but the loss', () => {
    const caller = new Caller().calls(5000);
    const survival = [20, 100, 200].map((ms) => caller.estimator.survival(ms));
    const { reason, warnings, expectedFalsePerDay, ...before } = caller.estimator.advice(
      caller.nowMs,
    );
    const { nowMs } = caller;
    caller.calls(1000, Infinity).refused();
    const after = caller.estimator.advice(nowMs);
    expect(warnings).toEqual([]);
    expect(after).toMatchObject({ ...before, lossRate: 1 / (before.n + 1) });
    expect(after.reason).toBe(reason);
    expect(after.expectedFalsePerDay).toBe(expectedFalsePerDay);
    expect(after.warnings).toEqual(['0.02 % of the requests failed and never get a reply']);
    expect([20, 100, 200].map((ms) => caller.estimator.survival(ms))).toEqual(survival);
  });

  it('that was told to be dead leaves none either', () => {
    const caller = new Caller().calls(5000);
    const before = caller.valueMs;
    caller.calls(1000, Infinity);
    caller.estimator.forgetSilence();
    expect(caller.timeoutMs).toBe(before);
  });

  it('five times over leaves the timeout where it was', () => {
    const caller = new Caller().calls(5000);
    const before = caller.valueMs;
    for (let i = 0; i < 5; i++) caller.calls(1000, Infinity).refused();
    expect(caller.valueMs).toBe(before);
  });

  it('leaves nothing behind that the next slowdown finds', () => {
    const [spared, hit] = [new Caller().calls(8000), new Caller().calls(8000)];
    hit.calls(10_000, Infinity).refused();
    for (const caller of [spared, hit]) caller.reseed().calls(3000);
    expect(hit.valueMs).toBeCloseTo(spared.valueMs, 6);
    for (const caller of [spared, hit]) caller.reseed().calls(6000, 4);
    expect(hit.valueMs / spared.valueMs).toBeGreaterThan(0.95);
    expect(hit.valueMs / spared.valueMs).toBeLessThan(1.05);
  });
});

describe('a peer that was away', () => {
  it('and answers as before: the timeout is back to within 10 %', () => {
    const [spared, hit] = [new Caller().calls(8000), new Caller().calls(8000)];
    hit.calls(1000, Infinity);
    for (const caller of [spared, hit]) caller.reseed().calls(1);
    expect(hit.timeoutMs / spared.timeoutMs).toBeGreaterThan(0.9);
    expect(hit.timeoutMs / spared.timeoutMs).toBeLessThan(1.1);
    for (const caller of [spared, hit]) caller.calls(1000);
    expect(hit.valueMs / spared.valueMs).toBeGreaterThan(0.9);
    expect(hit.valueMs / spared.valueMs).toBeLessThan(1.1);
  });

  it('is waited for longer and longer, within bounds', () => {
    const caller = new Caller({ maxMs: 3_600_000 }).calls(5000);
    const before = caller.valueMs;
    // With the first timeout the curve is read anew, and may turn out to have been too long.
    let armed = caller.calls(1, Infinity).timeoutMs;
    for (let i = 1; i < 100; i++) {
      caller.calls(1, Infinity);
      expect(caller.timeoutMs).toBeGreaterThanOrEqual(0.999 * armed);
      armed = caller.timeoutMs;
    }
    expect(armed).toBeGreaterThan(4 * before);
    expect(armed).toBeLessThanOrEqual(33 * before);
    for (let i = 1; i < 30; i++) {
      caller.calls(100, Infinity);
      expect(caller.timeoutMs).toBeLessThanOrEqual(Math.min(3_600_000, before * 2 ** (6 + i)));
    }
  });

  it('is never waited for longer than the ceiling', () => {
    const caller = new Caller({ maxMs: 700 }).calls(5000);
    expect(caller.calls(10_000, Infinity).timeoutMs).toBe(700);
  });
});

describe('a slowdown', () => {
  it.each([4, 10])('of %i times is not taken for an outage', (slowdown) => {
    const caller = new Caller().calls(5000);
    const before = caller.valueMs;
    caller.calls(60, slowdown);
    expect(caller.valueMs).toBeGreaterThan(0.6 * slowdown * before);
    const { achievedRate } = caller.calls(3000, slowdown).estimator.advice(caller.nowMs);
    expect(achievedRate! * 8060).toBeLessThan(45);
  });

  it('keeps the waits that it ended: they are in the window', () => {
    const caller = new Caller().calls(5000);
    const { n, censored } = caller.estimator.advice(caller.nowMs);
    caller.calls(200, 10);
    const after = caller.estimator.advice(caller.nowMs);
    expect(after.n + after.censored).toBe(n + censored + 200);
    expect(after.censored).toBeGreaterThan(censored);
  });
});

describe('silence', () => {
  function recorded() {
    const log: string[] = [];
    const silence = new Silence({
      checkpoint: () => {
        log.push('checkpoint');
        return () => log.push('rollback');
      },
      commit: () => log.push('commit'),
    });
    return { log, silence };
  }

  it('is no run without a timeout', () => {
    const { log, silence } = recorded();
    silence.forget();
    expect(silence.end(5)).toEqual([]);
    expect(silence.bounded(1e9)).toBe(1e9);
    expect(log).toEqual([]);
  });

  it('is learned from when a reply ends it', () => {
    const { log, silence } = recorded();
    for (let i = 0; i < 3; i++) silence.add(100 + i, 100);
    expect(silence.waitsMs).toEqual([100, 101, 102]);
    expect(silence.end(90)).toEqual([100, 101, 102]);
    expect(silence.waitsMs).toEqual([]);
    expect(log).toEqual(['checkpoint', 'commit']);
  });

  it('is an outage when five timeouts eight times as long fired and the reply is as ever', () => {
    for (const [long, waitedMs, reply, told] of [
      [5, 800, 90, 'rollback'],
      [4, 800, 90, 'commit'],
      [5, 799, 90, 'commit'],
      [5, 800, 101, 'commit'],
    ] as const) {
      const { log, silence } = recorded();
      silence.add(100, 100);
      for (let i = 0; i < long; i++) silence.add(waitedMs, waitedMs);
      expect(silence.end(reply).length).toBe(told === 'commit' ? long + 1 : 0);
      expect(log).toEqual(['checkpoint', told]);
    }
  });

  it('keeps no more than 1,024 waits', () => {
    const { silence } = recorded();
    for (let i = 0; i < 5000; i++) silence.add(100, 100);
    expect(silence.waitsMs.length).toBe(1024);
  });

  it('is bounded by 16 times what was armed before, twice that for each hundred more', () => {
    const { silence } = recorded();
    silence.add(100, 100);
    expect(silence.bounded(1e9) / 100).toBeCloseTo(16, 0);
    expect(silence.bounded(300)).toBe(300);
    for (let i = 1; i < 100; i++) silence.add(1600, 1600);
    expect(silence.bounded(1e9)).toBeCloseTo(3200, 6);
  });
});
