/** A constant, as in a configuration file. */
import type { RuleMaker } from '../rule.ts';

export function fixed(ms: number): RuleMaker {
  const name = `fixed ${ms / 1000} s`;
  return { name, make: () => ({ name, timeoutMs: () => ms, observe: () => undefined }) };
}
