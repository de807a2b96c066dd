import { describe, expect, it } from 'vitest';
import { CASSANDRA_PHI, createCassandraDetector } from '../../../src/detector/baselines/index.ts';
import { feed, regular, silenceMs } from './support.ts';

describe('Cassandra', () => {
  it('convicts after 18.42 mean gaps', () => {
    const detector = createCassandraDetector();
    feed(detector, regular(1100, 700));
    expect(silenceMs(detector, CASSANDRA_PHI, 1099 * 700)).toBeCloseTo(18.42 * 700, -1);
    expect(detector.phi(1099 * 700 + 700)).toBeCloseTo(1 / Math.LN10, 6);
  });

  it('begins with a gap of two intervals, which stays', () => {
    const detector = createCassandraDetector();
    feed(detector, [0]);
    expect(silenceMs(detector, CASSANDRA_PHI, 0)).toBeCloseTo(2 * 18_420.7, 0);
    feed(detector, [0, 1000, 2000]);
    expect(silenceMs(detector, CASSANDRA_PHI, 2000)).toBeCloseTo((4 / 3) * 18_420.7, 0);
  });

  it('does not learn a gap of more than two intervals', () => {
    const detector = createCassandraDetector();
    feed(detector, [0, 2000, 4001, 6001]);
    expect(silenceMs(detector, CASSANDRA_PHI, 6001)).toBeCloseTo(2 * 18_420.7, 0);
    const slow = createCassandraDetector({ maxGapMs: 1e6 });
    feed(slow, [0, 2000, 8000]);
    expect(silenceMs(slow, CASSANDRA_PHI, 8000)).toBeCloseTo((10 / 3) * 18_420.7, 0);
  });
});
