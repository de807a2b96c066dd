import { describe, expect, it } from 'vitest';
import { createRetryBudget, mayRetry } from '../../src/timeout/index.ts';

describe('a retry', () => {
  it.each([
    [{ method: 'get', timeoutMs: 50 }, 'retry'],
    [{ method: 'PUT', timeoutMs: 50, leftMs: 50 }, 'retry'],
    [{ method: 'GET', timeoutMs: 50, leftMs: 49 }, 'no-time'],
    [{ method: 'POST', timeoutMs: 50 }, 'not-idempotent'],
    [{ method: 'POST', timeoutMs: 50, hasIdempotencyKey: true }, 'retry'],
  ] as const)('%j: %s', (question, answer) => expect(mayRetry(question)).toBe(answer));

  it('is affordable once for ten requests, and ten are saved up', () => {
    const budget = createRetryBudget();
    const ask = () => mayRetry({ method: 'GET', timeoutMs: 1, budget });
    expect(Array.from({ length: 12 }, ask).filter((answer) => answer === 'retry')).toHaveLength(10);
    for (let i = 0; i < 9; i++) budget.request();
    expect(ask()).toBe('no-budget');
    budget.request();
    budget.request();
    expect(ask()).toBe('retry');
    expect(budget.left).toBe(0);
  });

  it('takes nothing from the budget when it is not safe or has no time', () => {
    const budget = createRetryBudget({ burst: 1 });
    expect(mayRetry({ method: 'POST', timeoutMs: 1, budget })).toBe('not-idempotent');
    expect(mayRetry({ method: 'GET', timeoutMs: 2, leftMs: 1, budget })).toBe('no-time');
    expect(budget.left).toBe(1);
  });

  it.each([{ ratio: -0.1 }, { ratio: 1.1 }, { ratio: NaN }, { burst: 0 }, { burst: Infinity }])(
    'has no budget of %j',
    (options) => expect(() => createRetryBudget(options)).toThrow(/must be/),
  );
});
