/** Figures of many runs. */

/** The q-quantile: the smallest that at least a share q does not exceed; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const ascending = Float64Array.from(values).sort();
  return ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)] ?? NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Whole milliseconds, or a tenth below ten; `-` where there is nothing. */
export function ms(value: number): string {
  if (Number.isNaN(value)) return '-';
  if (!Number.isFinite(value)) return 'never';
  return value.toFixed(Math.abs(value) < 10 ? 1 : 0);
}

/** Median, mean, 99th percentile and the greatest, as cells of a table. */
export function spread(values: readonly number[]): string[] {
  const last = values.length === 0 ? NaN : Math.max(...values);
  return [quantile(values, 0.5), mean(values), quantile(values, 0.99), last].map(ms);
}

export const SPREAD_COLUMNS = ['p50', 'mean', 'p99', 'max'] as const;
