import { describe, expect, it } from 'vitest';
import { complaints } from '../../../src/cli/demo/complaints.ts';
import { faultReport, type FaultReport } from '../../../src/cli/demo/sightings.ts';
import { BEGAN_MS, DEMO_REPORT, KILL_REPORT, LEASE_SEEN, leased } from './support.ts';

const WELL = {
  ...DEMO_REPORT,
  services: DEMO_REPORT.services.map((each) => ({ ...each, firstAdviceMs: 2000 })),
};
const about = (...faults: readonly FaultReport[]) =>
  complaints({ ...WELL, faults: [...faults] }, faults[0]?.fault);

/** As if seen like a kill, with what is told of the lease. */
function leaseFault(leases = LEASE_SEEN): FaultReport {
  const injected = { name: 'lease', atS: 5, atMs: BEGAN_MS, endedAtMs: BEGAN_MS + 5000 } as const;
  const { lease } = faultReport(injected, [], leases);
  return { ...KILL_REPORT, fault: 'lease', ...(lease ? { lease } : {}) };
}

describe('complaints about a run', () => {
  it('are none where all was seen, as it began and as it ended', () => {
    expect(complaints(WELL, undefined)).toEqual([]);
    expect(about(KILL_REPORT)).toEqual([]);
    expect(about(leaseFault())).toEqual([]);
  });

  it('name services without advice', () => {
    expect(complaints(DEMO_REPORT, undefined)).toEqual([
      'no advice for slowing, enforced: too few replies in the time',
    ]);
  });

  it('are made of a fault that never began', () => {
    expect(complaints(WELL, 'drop')).toEqual([
      'there was no drop: not everyone trusted everyone in the time',
    ]);
    expect(complaints(WELL, 'lease')).toEqual([
      'there was no lease: not everyone trusted everyone, or bimodal did not hold the lease, in the time',
    ]);
  });

  it('are made of a fault that was missed, or whose end was', () => {
    const missedBy = [{ observer: 'gateway', node: 'bimodal' } as const];
    expect(about({ ...KILL_REPORT, missedBy })).toEqual(['kill was not seen by gateway']);
    expect(about({ ...KILL_REPORT, lastedMs: undefined })).toEqual([
      'the time was too short to see kill end',
    ]);
  });

  it('are made of a lease that nobody held, nobody took over, or that was written under late', () => {
    expect(about(leaseFault([]))).toEqual(['nobody held the lease when the fault began']);
    expect(about(leaseFault(LEASE_SEEN.slice(0, 3)))).toEqual([
      'nobody took the lease over in the time',
    ]);
    const late = leased('stale-write', 'steady', '3', 5010);
    expect(about(leaseFault([...LEASE_SEEN, late]))).toEqual([
      '1 writes were taken under a lease that was over',
    ]);
  });
});
