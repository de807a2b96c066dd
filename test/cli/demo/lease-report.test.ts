import { describe, expect, it } from 'vitest';
import { leaseReport, leaseSchema } from '../../../src/cli/demo/lease-report.ts';
import { BEGAN_MS, LEASE_SEEN, leased } from './support.ts';

const HELD = { holder: 'bimodal', token: '3', refused: 0, staleWrites: 0 };
const TAKEN = { ...HELD, successor: 'slowing', newToken: '4', takenOverAfterMs: 1750 };

describe('what became of the lease', () => {
  it.each([
    ['nobody ever held it', [], undefined],
    ['it was acquired only after the fault', LEASE_SEEN.slice(3), undefined],
    ['nobody took it over', LEASE_SEEN.slice(0, 3), HELD],
    ['it was taken over, and nobody wrote late', LEASE_SEEN.slice(0, 4), TAKEN],
    ['late writes were refused', LEASE_SEEN, { ...TAKEN, refused: 2 }],
    [
      'the first that took it over counts, not who had it next',
      [...LEASE_SEEN.slice(0, 4), leased('acquired', 'bimodal', '5', 9000)],
      TAKEN,
    ],
    [
      'a late write was taken',
      [...LEASE_SEEN.slice(0, 4), leased('stale-write', 'steady', '3', 5010)],
      { ...TAKEN, staleWrites: 1 },
    ],
    [
      'what came at the instant of the fault came after it',
      [...LEASE_SEEN.slice(0, 3), leased('acquired', 'slowing', '4', 0)],
      { ...TAKEN, takenOverAfterMs: 0 },
    ],
  ])('%s', (_, seen, expected) => {
    const report = leaseReport(BEGAN_MS, seen);
    expect(report).toEqual(expected);
    if (report) expect(leaseSchema.parse(report)).toEqual(report);
  });
});
