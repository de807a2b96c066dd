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
  if (!(isNumber(targetRate) && targetRate > 0 && targetRate <= 0.5)) {
    throw argumentError('targetRate', targetRate, 'a share in (0, 0.5]');
  }
  if (!(isNumber(minMs) && minMs > 0)) throw argumentError('minMs', minMs, 'finite and > 0');
  if (!(isNumber(maxMs) && maxMs >= minMs)) {
    throw argumentError('maxMs', maxMs, `finite and >= minMs (${minMs})`);
  }
  if (!(isNumber(windowMs) && windowMs > 0)) {
    throw argumentError('windowMs', windowMs, 'finite and > 0');
  }
  if (!(isNumber(initialMs) && initialMs > 0)) {
    throw argumentError('initialMs', initialMs, 'finite and > 0');
  }
  return settings;
}

/** Options come from outside the type checker too. */
function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function definedOf(options: TimeoutEstimatorOptions): TimeoutEstimatorOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
