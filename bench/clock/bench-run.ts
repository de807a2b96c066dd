/** What the parts share. */
import { type Random, randomFrom } from '../../test/support/random.ts';
import type { Options } from './options.ts';

export interface BenchRun {
  readonly options: Options;
  progress(what: string): void;
}

/** The value below which a share of all lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function percent(part: number, whole: number): string {
  if (whole === 0) return '';
  const share = (100 * part) / whole;
  return part < whole && share > 99.99 ? '< 100 %' : `${share.toFixed(share === 100 ? 0 : 2)} %`;
}

/** Dice for the i-th run: those of neighbouring seeds have nothing in common. */
export function diceOf({ options }: BenchRun, i = 0): Random {
  return randomFrom(Math.imul(options.seed + 1, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca6b));
}
