/** Garbage collections as Node tells them: a few turns of the loop after they were. */
import { PerformanceObserver, type PerformanceObserverEntryList } from 'node:perf_hooks';
import type { GcLog } from '../../src/pause/gc-log.ts';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import type { Stop } from '../channel.ts';

export function collectGc(log: GcLog, diagnostics: Diagnostics): Stop {
  const take = diagnostics.guard('garbage collection', (list: PerformanceObserverEntryList) => {
    for (const { startTime, duration } of list.getEntries()) {
      log.add(startTime, startTime + duration);
    }
  });
  const observer = new PerformanceObserver(take);
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}
