import { argumentError } from '../errors.ts';
import type { TimeoutEstimatorOptions } from './types.ts';

export type TimeoutSettings = Required<TimeoutEstimatorOptions>;

export const TIMEOUT_DEFAULTS: TimeoutSettings = {
  targetRate: 0.001,
  minMs: 1,
  maxMs: 60_000,
  windowMs: 300_000,
  initialMs: 10_000,
};

/** Options with their defaults; throws ERR_TARDY_ARGUMENT on one out of range. */
export function timeoutSettings(options: TimeoutEstimatorOptions = {}): TimeoutSettings {
  const settings = { ...TIMEOUT_DEFAULTS, ...definedOf(options) };
  const { targetRate, minMs, maxMs, windowMs, initialMs } = settings;
  if (!(targetRate > 0 && targetRate <= 0.5)) {
    throw argumentError('targetRate', targetRate, 'a share in (0, 0.5]');
  }
  if (!(minMs > 0 && minMs < Infinity)) throw argumentError('minMs', minMs, 'finite and > 0');
  if (!(maxMs >= minMs && maxMs < Infinity)) {
    throw argumentError('maxMs', maxMs, `finite and >= minMs (${minMs})`);
  }
  if (!(windowMs > 0 && windowMs < Infinity)) {
    throw argumentError('windowMs', windowMs, 'finite and > 0');
  }
  if (!(initialMs > 0 && initialMs < Infinity)) {
    throw argumentError('initialMs', initialMs, 'finite and > 0');
  }
  return settings;
}

function definedOf(options: TimeoutEstimatorOptions): TimeoutEstimatorOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
