import { describe, expect, it } from 'vitest';
import { Estimator } from '../../src/timeout/estimator.ts';
import { seed } from '../support/capabilities.ts';
import { randomFrom } from '../support/random.ts';
import { feed } from '../support/observations.ts';

function known(replies: number): { estimator: Estimator; reply: () => number } {
  const random = randomFrom(seed());
  const reply = () => random.lognormal(50, 0.4);
  const estimator = new Estimator({});
  feed(estimator, { count: replies, ms: reply });
  return { estimator, reply };
}

describe('requests that others gave up', () => {
  it.each([0.001, 1, 20, 45])(
    '10,000 of them at %d ms move the value by a tenth at most, and are told',
    (ms) => {
      const { estimator } = known(20_000);
      const before = estimator.advice(200_000).value!;
      feed(estimator, { count: 10_000, ms, outcome: 'cancelled', fromMs: 200_000, everyMs: 1 });
      const { value, warnings } = estimator.advice(210_000);
      expect(value! / before).toBeGreaterThan(0.9);
      expect(value! / before).toBeLessThan(1.1);
      expect(warnings.join()).toMatch(
        /[78],\d{3} requests given up by others do not count: who gives up is not chosen by chance/,
      );
    },
  );

  it('late, after they had waited longer than most, count up to their share, and no more', () => {
    const { estimator } = known(20_000);
    const before = estimator.advice(200_000).value!;
    feed(estimator, { count: 10_000, ms: 140, outcome: 'cancelled', fromMs: 200_000, everyMs: 1 });
    const { value, censored } = estimator.advice(210_000);
    expect(censored).toBe(10_000);
    expect(value! / before).toBeGreaterThan(1);
    expect(value! / before).toBeLessThan(2);
  });

  it('half of them, each soon after it began, leave the value where it is', () => {
    const { estimator, reply } = known(5000);
    const spared = known(5000);
    for (let i = 0; i < 20_000; i++) {
      const fromMs = 50_000 + 10 * i;
      feed(estimator, { count: 1, ms: reply, fromMs });
      feed(estimator, { count: 1, ms: 2, outcome: 'cancelled', fromMs });
      feed(spared.estimator, { count: 1, ms: spared.reply, fromMs });
    }
    const [hit, plain] = [estimator, spared.estimator].map((each) => each.advice(250_000).value!);
    expect(hit! / plain!).toBeGreaterThan(0.9);
    expect(hit! / plain!).toBeLessThan(1.1);
  });

  it('are no evidence against the timeout: the achieved rate does not know them', () => {
    const { estimator } = known(5000);
    const { achievedRate } = estimator.advice(50_000);
    feed(estimator, { count: 500, ms: 1000, outcome: 'cancelled', fromMs: 50_000 });
    expect(estimator.advice(55_000).achievedRate).toBe(achievedRate);
  });

  it('before any reply are few that count', () => {
    const estimator = new Estimator({});
    feed(estimator, { count: 1000, ms: 5, outcome: 'cancelled' });
    feed(estimator, { count: 100, ms: 10, fromMs: 10_000 });
    const { value, n } = estimator.advice(11_000);
    expect(n).toBe(100);
    expect(value).toBeGreaterThanOrEqual(10);
    expect(value).toBeLessThanOrEqual(20);
  });
});
