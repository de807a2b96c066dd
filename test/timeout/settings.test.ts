import { describe, expect, it } from 'vitest';
import { createTimeoutEstimator, type TimeoutEstimatorOptions } from '../../src/timeout/index.ts';
import { timeoutSettings } from '../../src/timeout/settings.ts';

function refusal(options: unknown): unknown {
  try {
    createTimeoutEstimator(options as TimeoutEstimatorOptions);
    return 'taken';
  } catch (error) {
    return error;
  }
}

describe('the options of an estimator', () => {
  it('have the documented defaults', () => {
    expect(timeoutSettings()).toEqual({
      targetRate: 0.001,
      minMs: 1,
      maxMs: 60_000,
      windowMs: 300_000,
      initialMs: 10_000,
    });
  });

  it('that are undefined are as if not given', () => {
    const options = { targetRate: undefined, maxMs: undefined } as unknown;
    expect(timeoutSettings(options as TimeoutEstimatorOptions)).toEqual(timeoutSettings());
  });

  it.each([
    [{ targetRate: 0 }, 'targetRate must be a share in (0, 0.5]; got 0'],
    [{ targetRate: 0.6 }, 'targetRate must be a share in (0, 0.5]; got 0.6'],
    [{ targetRate: NaN }, 'targetRate must be a share in (0, 0.5]; got NaN'],
    [{ targetRate: '1%' }, 'targetRate must be a share in (0, 0.5]; got "1%"'],
    [{ targetRate: null }, 'targetRate must be a share in (0, 0.5]; got null'],
    [{ minMs: 0 }, 'minMs must be finite and > 0; got 0'],
    [{ minMs: Infinity }, 'minMs must be finite and > 0; got Infinity'],
    [{ maxMs: NaN }, 'maxMs must be finite and >= minMs (1); got NaN'],
    [{ minMs: 50, maxMs: 20 }, 'maxMs must be finite and >= minMs (50); got 20'],
    [{ maxMs: Infinity }, 'maxMs must be finite and >= minMs (1); got Infinity'],
    [{ windowMs: -1 }, 'windowMs must be finite and > 0; got -1'],
    [{ windowMs: Infinity }, 'windowMs must be finite and > 0; got Infinity'],
    [{ initialMs: 0 }, 'initialMs must be finite and > 0; got 0'],
  ])('%j are refused with the value', (options, message) => {
    expect(refusal(options)).toMatchObject({ code: 'ERR_TARDY_ARGUMENT', message });
  });

  it.each([
    ['a string that is a number', { minMs: '5' }],
    ['a list', { maxMs: [5000] }],
    ['an object without a prototype', { windowMs: Object.create(null) as unknown }],
    ['a symbol', { initialMs: Symbol('soon') }],
  ])('of the wrong type are refused: %s', (_what, options) => {
    expect(refusal(options)).toMatchObject({ code: 'ERR_TARDY_ARGUMENT' });
  });

  it('may meet: a floor that is the ceiling', () => {
    const estimator = createTimeoutEstimator({ minMs: 20, maxMs: 20, initialMs: 5 });
    expect(estimator.timeoutMs(0)).toBe(20);
  });
});
