/** What it is worth to be told of the receiver's own pauses. */
import type { PartResult } from '../timeouts/report.ts';
import type { BenchRun } from './bench-run.ts';

export function gatePart(run: BenchRun): PartResult {
  const paused = run.traces.filter(({ pauses }) => pauses.length > 0);
  const rows = paused.flatMap((trace) =>
    [false, true].map((gate) => ({
      trace: trace.name,
      pauses: trace.pauses.length,
      gate,
      mistakes: run.contenders.map(
        (contender) => run.quality(trace, contender, gate).mistakes.length,
      ),
    })),
  );
  return {
    tables: [
      {
        title: "Mistakes without and with the gate: told of the receiver's own pauses or not",
        columns: ['trace', 'pauses', 'gate', ...run.contenders.map(({ name }) => name)],
        rows: rows.map(({ trace, pauses, gate, mistakes }) => [
          ...[trace, `${pauses}`, gate ? 'on' : 'off', ...mistakes.map(String)],
        ]),
      },
    ],
    goals: [],
    figures: rows,
  };
}
