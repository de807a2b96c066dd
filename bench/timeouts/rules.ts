/** Everybody who takes part. */
import { cassandraDynamic, cassandraExpression } from './rivals/cassandra.ts';
import { finagle } from './rivals/finagle.ts';
import { fixed } from './rivals/fixed.ts';
import { npmAdaptiveTimeout } from './rivals/npm-adaptive-timeout.ts';
import { p99And3SigmaRule } from './rivals/p99-3sigma.ts';
import { restate } from './rivals/restate.ts';
import { rfc6298, rfc6298WithoutFloor } from './rivals/rfc6298.ts';
import { theta } from './rivals/theta.ts';
import { torCbt } from './rivals/tor-cbt.ts';
import { plainQuantile, twiceP9999 } from './rivals/windowed-quantile.ts';
import type { RuleMaker } from './rule.ts';
import { tardy } from './tardy.ts';

export const RULES: readonly RuleMaker[] = [
  tardy,
  plainQuantile,
  twiceP9999,
  restate,
  finagle,
  cassandraDynamic,
  cassandraExpression,
  torCbt,
  p99And3SigmaRule,
  npmAdaptiveTimeout,
  rfc6298,
  rfc6298WithoutFloor,
  theta,
  fixed(1000),
  fixed(10_000),
  fixed(30_000),
];

export function makerOf(name: string): RuleMaker {
  const found = RULES.find((rule) => rule.name === name);
  if (!found) throw new Error(`no rule is named ${name}`);
  return found;
}
