/** What a look at the lease costs. */
import { createLeaseGuard } from '../../src/leasing/lease-guard.ts';
import { goal, type PartResult } from '../timeouts/report.ts';

const ROUNDS = 21;
const CALLS = 20_000;
const GOAL_US = 2;

export function costPart(): PartResult {
  const guard = createLeaseGuard({ resource: 'cost', ttlMs: 600_000 });
  guard.acquired({ sentAtMs: guard.nowMs() });
  const rounds = Array.from({ length: ROUNDS }, () => round(() => guard.assertHeld()));
  const usual = rounds.sort((a, b) => a - b)[ROUNDS >> 1] as number;
  guard.release();
  return {
    tables: [
      {
        title: 'assertHeld()',
        columns: ['median, µs', 'worst of the rounds, µs'],
        rows: [[usual.toFixed(2), (rounds.at(-1) as number).toFixed(2)]],
        notes: [
          `${ROUNDS} rounds of ${CALLS} calls; each reads the monotonic clock and /proc/uptime`,
          'the kernel adds up the idle time of all processors for /proc/uptime: more of them, more µs',
        ],
      },
    ],
    goals: [goal({ what: 'assertHeld, median, µs', measured: usual, high: GOAL_US })],
    figures: rounds,
  };
}

/** Microseconds a call. */
function round(act: () => void): number {
  const startMs = performance.now();
  for (let i = 0; i < CALLS; i++) act();
  return ((performance.now() - startMs) * 1000) / CALLS;
}
