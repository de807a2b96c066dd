import { orderUnknown } from '../../src/clock/ordering.ts';
import { describe, expect, it } from 'vitest';
import {
  type ClockFacts,
  clockReport,
  clockReportSchema,
  type PeerClockEntry,
  peerClockEntry,
  pausesReport,
  pausesReportSchema,
} from '../../src/clock-report.ts';
import type { PeerView } from '../../src/membership/types.ts';
import type { TardyEvent } from '../../src/events/types.ts';
import type { TimeReading } from '../../src/timekeeping/clock.ts';
import type { SourceView } from '../../src/timekeeping/timekeeping.ts';

const WALL_MS = 1.78e12;
const HEADING = { node: 'a', generatedAt: '2026-11-23T07:00:00.000Z' };
const NOBODY: TimeReading = {
  ...{ earliest: -Infinity, latest: Infinity, source: 'none' },
  ...{ wallMs: WALL_MS, leap: 'unsynchronised' },
};
const KNOWN: TimeReading = {
  ...{ earliest: WALL_MS - 3, latest: WALL_MS + 4, source: 'ntp:x', wallMs: WALL_MS, leap: 'none' },
};
const CLOCK: PeerClockEntry = {
  ...{ offsetMs: 1, lowMs: -1, highMs: 3, source: 'heartbeat', verdict: 'within' },
  ...{ outBy: [], steps: 0 },
};
const FACTS: ClockFacts = {
  ...{ now: NOBODY, sources: [], peers: [], maxOffsetMs: 500, eventsPerS: 0 },
};
const SOURCES: SourceView[] = [
  {
    ...{ name: 'ntp:x', offset: { offsetMs: 0, lowMs: -3, highMs: 4, driftPpm: 2 }, leap: 'none' },
    ...{ stratum: 2, rootDistanceMs: 1.5, lastAnswerAgoMs: 12, isFalseticker: false },
  },
  {
    ...{ name: 'ntp:y', offset: undefined, leap: 'unsynchronised', isFalseticker: false },
    why: 'it has not answered yet',
  },
];

/** As it arrives: what is undefined is gone, and nothing is null; the schema knows all of it. */
function sent(facts: Partial<ClockFacts>) {
  const report = { ...HEADING, ...clockReport({ ...FACTS, ...facts }) };
  const text = JSON.stringify(report);
  expect(text).not.toContain('null');
  const parsed = clockReportSchema.parse(JSON.parse(text));
  expect(parsed).toEqual(JSON.parse(text));
  return parsed;
}

describe('GET /clock', () => {
  it('says that nobody tells what time it is, without a bound', () => {
    const report = sent({});
    expect(report).toMatchObject({ source: 'none', leap: 'unsynchronised', agrees: true });
    expect('earliestMs' in report || 'latestMs' in report).toBe(false);
  });

  it('says what time it is, by which sources, and why others are silent', () => {
    const report = sent({ now: KNOWN, sources: SOURCES });
    expect(report).toMatchObject({ earliestMs: WALL_MS - 3, latestMs: WALL_MS + 4 });
    expect(report.sources[0]!.offset).toEqual(SOURCES[0]!.offset);
    expect(report.sources[1]).toEqual({
      ...{ name: 'ntp:y', leap: 'unsynchronised', isFalseticker: false },
      why: 'it has not answered yet',
    });
  });

  it('tells of peers, the outlier by name, and ourselves if it is us', () => {
    const far: PeerClockEntry = { ...CLOCK, offsetMs: 9999, lowMs: 9998, highMs: 10_001 };
    const three = [
      { peer: 'b', clock: CLOCK },
      { peer: 'c', clock: { ...CLOCK, driftPpm: 3 } },
      { peer: 'd', clock: far },
    ];
    const report = sent({ peers: three });
    expect(report).toMatchObject({ outliers: ['d'], agrees: true });
    expect(report.peers.map(({ peer, driftPpm }) => [peer, driftPpm])).toEqual([
      ['b', undefined],
      ['c', 3],
      ['d', undefined],
    ]);
    const others = ['b', 'c'].map((peer) => ({ peer, clock: far }));
    expect(sent({ peers: others }).outliers).toEqual(['this node']);
    expect(sent({ peers: others.slice(0, 1) })).toMatchObject({ outliers: [], agrees: false });
  });

  it('compares the clocks of heartbeats alone: who answers HTTP is nobody of the fleet', () => {
    const far = { ...CLOCK, offsetMs: 9999, lowMs: 9998, highMs: 10_001 };
    const byHttp = { ...far, source: 'http' } as const;
    const others = ['c', 'd', 'e'].map((peer) => ({ peer, clock: byHttp }));
    const report = sent({ peers: [{ peer: 'b', clock: CLOCK }, ...others] });
    expect(report).toMatchObject({ outliers: [], agrees: true });
    expect(report.peers.map(({ peer, verdict }) => [peer, verdict])).toHaveLength(4);
    expect(sent({ peers: others })).toMatchObject({ outliers: [], agrees: true });
  });

  it('tells what timestamps would not tell, where there is traffic', () => {
    const peers = [{ peer: 'b', clock: CLOCK }];
    expect('orderUnknown' in sent({ peers }).peers[0]!).toBe(false);
    const { orderUnknown: share } = sent({ peers, eventsPerS: 100 }).peers[0]!;
    expect(share).toBeCloseTo(1 - Math.exp(-200 * 0.003), 9);
  });
});

describe('the share of events in no known order', () => {
  it('is a share, that rises with either and is not there without events', () => {
    const bounds = { lowMs: -2, highMs: 1 };
    expect(orderUnknown(bounds, 0)).toBeUndefined();
    const shares = [0.1, 10, 1000, 1e6, 1e12].map((rate) => orderUnknown(bounds, rate)!);
    expect(shares).toEqual([...shares].sort((x, y) => x - y));
    expect(shares[0]).toBeGreaterThan(0);
    expect(shares.at(-1)).toBeLessThanOrEqual(1);
    expect(orderUnknown({ lowMs: 0, highMs: 0 }, 100)).toBe(0);
  });
});

describe('the clock of a peer', () => {
  const offset = { offsetMs: 600, lowMs: 590, highMs: 610, steps: 4 };

  it('is that of heartbeats, before that of responses', () => {
    const clock = { ...offset, verdict: 'out', outBy: ['a'], steps: 1 } as const;
    expect(
      peerClockEntry({ clock } as unknown as PeerView, { ...offset, offsetMs: 601 }, 500),
    ).toEqual({
      ...clock,
      source: 'heartbeat',
    });
  });

  it('is that of responses where there are no heartbeats', () => {
    const entry = peerClockEntry({} as PeerView, offset, 500);
    expect(entry).toEqual({ ...offset, source: 'http', verdict: 'out', outBy: [] });
    expect(peerClockEntry(undefined, offset, 595)!.verdict).toBe('ambiguous');
  });

  it('is not there if nothing is known', () => {
    expect(peerClockEntry(undefined, undefined, 500)).toBeUndefined();
    expect(peerClockEntry({} as PeerView, undefined, 500)).toBeUndefined();
  });
});

describe('GET /pauses', () => {
  const pause: TardyEvent = {
    ...{ type: 'pause', id: 3, atMs: 70, atWallMs: WALL_MS, fromMs: 20, toMs: 70, durationMs: 50 },
    ...{ cause: 'gc', because: 'the collector took 49 of 50 ms' },
  };
  const restarted: TardyEvent = {
    ...{ type: 'restarted', id: 4, atMs: 80, atWallMs: WALL_MS, peer: 'b', bootId: 'f' },
  };

  it('lists pauses alone, and how long what comes at random waits', () => {
    const report = { ...HEADING, ...pausesReport([pause, restarted], (share) => 10 * share) };
    const parsed = pausesReportSchema.parse(JSON.parse(JSON.stringify(report)));
    expect(parsed).toEqual(JSON.parse(JSON.stringify(report)));
    expect(parsed.pauses).toEqual([
      { atWallMs: WALL_MS, durationMs: 50, cause: 'gc', because: pause.because },
    ]);
    expect(parsed.loopDelayMs).toEqual({ p50: 5, p99: 9.9, p999: 9.99, max: 10 });
    expect(parsed.causes).toBe(process.platform === 'linux');
  });

  it('knows nothing before anything was measured', () => {
    const report = pausesReport([], () => undefined);
    expect(report).toMatchObject({ loopDelayMs: {}, pauses: [] });
  });
});
