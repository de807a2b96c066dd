/** Words to feed a rule with. */
import type { Rule } from '../../../bench/timeouts/rule.ts';

export function reply(rule: Rule, durationMs: number, atMs = durationMs): void {
  rule.observe({ atMs, durationMs, outcome: 'completed' });
}

export function timeout(rule: Rule, durationMs: number, atMs = durationMs): void {
  rule.observe({ atMs, durationMs, outcome: 'timed-out', armedMs: durationMs });
}

/** 1, 2 … n, each in ms, at the given distance. */
export function upTo(rule: Rule, n: number, apartMs = 1): void {
  for (let ms = 1; ms <= n; ms++) reply(rule, ms, ms * apartMs);
}
