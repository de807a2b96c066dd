/**
 * Kaplan and Meier's estimator as their paper has it, on raw times and without buckets, shortcuts
 * or bounds: the reference for the real one.
 */
export interface Times {
  readonly completed: readonly number[];
  readonly censored: readonly number[];
}

/** S(t), right-continuous. At equal times, events come before censorings. */
export function referenceSurvival({ completed, censored }: Times, t: number): number {
  const deaths = [...new Set(completed)].filter((time) => time <= t).sort((a, b) => a - b);
  return deaths.reduce((survival, time) => {
    const died = completed.filter((other) => other === time).length;
    const atRisk = [...completed, ...censored].filter((other) => other >= time).length;
    return survival * (1 - died / atRisk);
  }, 1);
}
