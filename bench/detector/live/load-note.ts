import { loadavg } from 'node:os';

/** Timings on a busy machine tell of the machine too. */
export function loadNote(): string {
  const loads = loadavg().map((load) => load.toFixed(1));
  return `load average ${loads.join(', ')} (1, 5, 15 min) at the end`;
}
