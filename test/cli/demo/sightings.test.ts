import { describe, expect, it } from 'vitest';
import { PLAIN } from '../../../src/cli/look.ts';
import { faultLines, faultSummary } from '../../../src/cli/demo/fault-frame.ts';
import { faultReport, faultSchema, type Injected } from '../../../src/cli/demo/sightings.ts';
import {
  BEGAN_MS,
  called,
  evidence,
  KILL_REPORT,
  KILL_SEEN,
  KILLED,
  LEASE_SEEN,
  leased,
} from './support.ts';

const DROPPED: Injected = {
  ...{ name: 'drop', atS: 5 },
  ...{ atMs: BEGAN_MS, endedAtMs: BEGAN_MS + 5000 },
};

describe('what was seen of a fault', () => {
  it('has the shape that is documented', () => {
    expect(faultSchema.parse(JSON.parse(JSON.stringify(KILL_REPORT)))).toEqual(KILL_REPORT);
  });

  it('is told by each who should see it, from the fault on, the first first', () => {
    const { sightings, missedBy, accused, lastedMs } = KILL_REPORT;
    expect(sightings).toHaveLength(5);
    expect(sightings[0]).toEqual({
      ...{ observer: 'steady', node: 'bimodal', state: 'suspect', afterMs: 15 },
      ...{ evidence: ['reset', 'refused'], worst: 'dead', worstAfterMs: 60 },
      because: 'nothing listens there; 3 of 5 observers suspect it',
      trustedAfterMs: 260,
    });
    expect({ missedBy, accused, lastedMs }).toEqual({ missedBy: [], accused: [], lastedMs: 5640 });
  });

  it('rests on silence where a peer was slow first', () => {
    const seen = [
      called('tail', 'steady', 'slow', 800),
      evidence('tail', 'steady', 'connect', 900),
      called('tail', 'steady', 'disputed', 1350),
      evidence('tail', 'steady', 'reset', 1400),
    ];
    const [sighting] = faultReport(DROPPED, seen).sightings;
    expect(sighting).toMatchObject({ state: 'slow', evidence: ['silence', 'connect'] });
    expect(sighting).toMatchObject({ worst: 'disputed', worstAfterMs: 1350 });
    expect(sighting).not.toHaveProperty('trustedAfterMs');
  });

  it('names who missed it', () => {
    const seen = KILL_SEEN.filter(({ observer }) => observer !== 'gateway');
    const report = faultReport(KILLED, seen);
    expect(report.missedBy).toEqual([{ observer: 'gateway', node: 'bimodal' }]);
    expect(faultSummary(report, 200)[0]).toContain('seen by 4 of 5');
    expect(faultSummary(report, 200)[0]).toContain('(not by gateway)');
  });

  it('names those who were accused though nothing was wrong with them', () => {
    const seen = [
      called('tail', 'steady', 'disputed', 900),
      called('steady', 'tail', 'suspect', 1000),
      called('gateway', 'tail', 'slow', 1000),
      called('gateway', 'enforced', 'suspect', -10),
    ];
    const report = faultReport(DROPPED, seen);
    expect(report.accused).toEqual([{ observer: 'steady', node: 'tail', state: 'suspect' }]);
    expect(faultSummary(report, 200).at(-1)).toBe('called so by mistake: tail suspect by steady');
  });

  it('is trusted again while the fault lasts, where it is got used to', () => {
    const seen = [called('tail', 'steady', 'slow', 600), called('tail', 'steady', 'alive', 1300)];
    const report = faultReport(DROPPED, seen);
    expect(report.sightings[0]).toMatchObject({ trustedAfterMs: -3700 });
    expect(faultSummary(report, 200)[0]).toContain(
      'trusted again by 1 of 1, while it still lasted',
    );
  });

  it('rests on clocks where one is out of bounds, whatever else there was', () => {
    const seen = [
      evidence('tail', 'bimodal', 'connect', 500),
      called('tail', 'bimodal', 'clock-out', 1200, 'its clock is 10 s ahead'),
      called('tail', 'bimodal', 'alive', 6100),
    ];
    const { sightings, accused } = faultReport({ ...DROPPED, name: 'skew' }, seen);
    expect(sightings).toMatchObject([
      {
        ...{ observer: 'tail', state: 'clock-out', afterMs: 1200, evidence: ['clock'] },
        ...{ worst: 'clock-out', because: 'its clock is 10 s ahead', trustedAfterMs: 1100 },
      },
    ]);
    expect(accused).toEqual([]);
  });

  it('tells of the lease, in a sentence, where the fault is about it', () => {
    const about = (leases = LEASE_SEEN) => {
      const report = faultReport({ ...DROPPED, name: 'lease' }, [], leases);
      return faultSummary(report, 200)[1];
    };
    expect(about()).toBe(
      'bimodal held the lease with token 3; slowing took over with token 4 after 1.75 s; late writes refused: 2, taken: 0',
    );
    expect(about([...LEASE_SEEN, leased('stale-write', 'steady', '3', 5030)])).toMatch(/taken: 1$/);
    expect(about(LEASE_SEEN.slice(0, 3))).toBe(
      'bimodal held the lease with token 3; nobody has taken it over',
    );
    expect(about([])).toBeUndefined();
    expect(faultReport(DROPPED, [], LEASE_SEEN)).not.toHaveProperty('lease');
  });

  it('is nothing at first', () => {
    const report = faultReport({ ...DROPPED, endedAtMs: undefined }, []);
    expect(report).not.toHaveProperty('lastedMs');
    expect(faultLines(report, 200, PLAIN)).toEqual([
      '',
      'fault drop: heartbeats from steady to tail are lost, not those from tail to steady, 5 s after the load began; still lasts',
      'drop: nobody has seen it; it still lasts',
    ]);
  });
});
