/** Turns of a series, each by more than `factor` from the last extreme. */
export function reversals(values: readonly number[], factor: number): number {
  let turns = 0;
  let direction = 0;
  let low = Infinity;
  let high = 0;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    const rose = direction <= 0 && value > factor * low;
    const fell = direction >= 0 && value * factor < high;
    if (!rose && !fell) continue;
    if (direction !== 0) turns++;
    direction = rose ? 1 : -1;
    low = high = value;
  }
  return turns;
}
