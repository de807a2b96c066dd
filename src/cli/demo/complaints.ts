/** What was not as it should be in a run of the demo: each a sentence, none if all was well. */
import { type DemoReport, withoutAdvice } from './demo-report.ts';
import type { FaultName } from './faults.ts';
import { TARGET } from './services.ts';
import type { FaultReport } from './sightings.ts';

/** `scenario`: the fault that was asked for. */
export function complaints(report: DemoReport, scenario: FaultName | undefined): string[] {
  return [...adviceComplaints(report), ...faultComplaints(report, scenario)];
}

function adviceComplaints(report: DemoReport): string[] {
  const without = withoutAdvice(report);
  if (without.length === 0) return [];
  return [`no advice for ${without.join(', ')}: too few replies in the time`];
}

function faultComplaints({ faults }: DemoReport, scenario: FaultName | undefined): string[] {
  if (scenario !== undefined && faults.length === 0) {
    const holds = scenario === 'lease' ? `, or ${TARGET} did not hold the lease,` : '';
    return [`there was no ${scenario}: not everyone trusted everyone${holds} in the time`];
  }
  return faults.flatMap((fault) => [
    ...(fault.fault === 'lease' ? leaseComplaints(fault) : []),
    ...sightComplaints(fault),
  ]);
}

function sightComplaints({ fault, missedBy, lastedMs, sightings }: FaultReport): string[] {
  return [
    ...(missedBy.length === 0
      ? []
      : [`${fault} was not seen by ${missedBy.map(({ observer }) => observer).join(', ')}`]),
    ...(lastedMs === undefined || sightings.some((each) => each.trustedAfterMs === undefined)
      ? [`the time was too short to see ${fault} end`]
      : []),
  ];
}

function leaseComplaints({ lease }: FaultReport): string[] {
  if (!lease) return ['nobody held the lease when the fault began'];
  const { successor, staleWrites } = lease;
  return [
    ...(successor === undefined ? ['nobody took the lease over in the time'] : []),
    ...(staleWrites === 0 ? [] : [`${staleWrites} writes were taken under a lease that was over`]),
  ];
}
