import { describe, expect, it } from 'vitest';
import { ReasonCounts } from '../../src/liveness/reason-counts.ts';
import type { PeerClockView, PeerView } from '../../src/membership/types.ts';
import { ServerRoutes } from '../../src/peers/server-routes.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { PauseHistograms } from '../../src/telemetry/pause-histograms.ts';
import { type Point, points, type TelemetrySource } from '../../src/telemetry/points.ts';
import { makeWorld } from '../support/traffic.ts';

const NOW_MS = 10_000;
const OFFSET = { offsetMs: 1, lowMs: -2, highMs: 4 };
const CLOCK: PeerClockView = { ...OFFSET, verdict: 'within', outBy: [], steps: 0 };

const peer = (name: string, clock?: PeerClockView): PeerView => ({
  ...{ peer: name, state: 'alive', vote: 'alive', phi: 0, bootId: undefined, lastHeardAgoMs: 1 },
  ...{ rttMs: 1, watched: true, observers: 2, suspectedBy: [], suspicions: 0, mistakes: 0 },
  ...{ because: 'it answers', clock },
});

function sourceOf(views: readonly PeerView[], byResponses: readonly string[] = []) {
  const { table } = makeWorld();
  const source: TelemetrySource = {
    ...{ table, pauses: new PauseHistograms(), diagnostics: new Diagnostics() },
    serverRoutes: new ServerRoutes(table.series),
    liveness: { peers: () => [...views], reasons: new ReasonCounts() },
    time: {
      ...{ refusals: () => new Map(), steps: 0, hlc: { refused: 0 } },
      look: () => ({
        ...{ sources: [], reference: { bounds: undefined, leap: 'unsynchronised' } },
      }),
      serverOffset: (name) => (byResponses.includes(name) ? { ...OFFSET, steps: 3 } : undefined),
    },
    ...{ loopDelayMs: () => undefined, pausedMs: () => 0, drained: () => Promise.resolve() },
  };
  return source;
}

/** Metrics of clocks of peers, by peer and source. */
function clockSeries(source: TelemetrySource): string[] {
  const isClock = ({ metric, attributes }: Point) =>
    metric.startsWith('clock') && attributes.peer !== undefined;
  return [...points(source, NOW_MS)]
    .filter(isClock)
    .map(({ metric, attributes }) => `${metric} ${attributes.peer} ${attributes.source}`);
}

describe('series of the clock of a peer', () => {
  it('are none while nothing is known', () => {
    expect(clockSeries(sourceOf([peer('b')]))).toEqual([]);
  });

  it('are those of heartbeats, else those of responses', () => {
    const source = sourceOf([peer('b', CLOCK), peer('c')], ['b', 'c']);
    expect(clockSeries(source)).toEqual([
      'clockOffset b heartbeat',
      'clockBound b heartbeat',
      'clockBound b heartbeat',
      'clockUncertainty b heartbeat',
      'clockSteps b heartbeat',
      'clockOffset c http',
      'clockBound c http',
      'clockBound c http',
      'clockUncertainty c http',
      'clockSteps c http',
    ]);
  });

  it('count the steps of each, however they are known', () => {
    const source = sourceOf([peer('b', { ...CLOCK, steps: 2 }), peer('c')], ['b', 'c']);
    const steps = [...points(source, NOW_MS)].filter(({ metric }) => metric === 'clockSteps');
    expect(steps.map(({ attributes, value }) => [attributes.source, value]).sort()).toEqual([
      ['heartbeat', 2],
      ['http', 3],
      ['wall', 0],
    ]);
  });

  it('tell what timestamps would not tell once requests come', () => {
    const source = sourceOf([peer('b', CLOCK)]);
    const shares = () =>
      [...points(source, NOW_MS)].filter(({ metric }) => metric === 'clockOrderUnknown');
    expect(shares()).toEqual([]);
    source.serverRoutes.record('GET', '/', 1, NOW_MS - 500);
    expect(shares()).toMatchObject([{ attributes: { peer: 'b' } }]);
    const [{ value }] = shares() as [Point & { value: number }];
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(1);
  });

  it('are left out, all of a peer, where there is no room', () => {
    const source = sourceOf([peer('b', CLOCK), peer('c', CLOCK)]);
    const { series } = source.table;
    series.take(series.max - series.used - 30); // for one of them
    const names = new Set(clockSeries(source).map((line) => line.split(' ')[1]));
    expect([...names]).toEqual(['b']);
  });
});

describe('series of our own pauses', () => {
  it('are none before one, and no loop delay before it was measured', () => {
    const source = sourceOf([]);
    const found = () => [...points(source, NOW_MS)].map(({ metric }) => metric);
    expect(found()).not.toContain('pause');
    expect(found()).not.toContain('loopDelay');
    source.pauses.record('gc', 70);
    const told = { ...source, loopDelayMs: (share: number) => 10 * share };
    const delays = [...points(told, NOW_MS)].filter(({ metric }) => metric === 'loopDelay');
    expect(delays.map(({ attributes, value }) => [attributes.quantile, value])).toEqual([
      ['0.5', 0.005],
      ['0.9', 0.009],
      ['0.99', 0.0099],
      ['0.999', 0.00999],
      ['1', 0.01],
    ]);
    expect(found()).toContain('pause');
  });
});
