import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeerClockView } from '../../src/membership/types.ts';
import {
  offsetPoints,
  peerClockPoints,
  timePoints,
  type TimeSource,
} from '../../src/telemetry/clock-points.ts';
import { METRICS } from '../../src/telemetry/metrics.ts';
import type { Point } from '../../src/telemetry/points.ts';
import { runs } from '../support/properties.ts';

type Look = ReturnType<TimeSource['look']>;

const UNKNOWN: Look = {
  ...{ sources: [], reference: { bounds: undefined, leap: 'unsynchronised' } },
};
const SILENT: TimeSource = {
  look: () => UNKNOWN,
  refusals: () => new Map(),
  serverOffset: () => undefined,
  ...{ steps: 0, hlc: { refused: 0 } },
};
const telling = (look: Partial<Look>): TimeSource => ({
  ...SILENT,
  look: () => ({ ...UNKNOWN, ...look }),
});
const CLOCK: PeerClockView = {
  ...{ offsetMs: 12, lowMs: 10, highMs: 15, verdict: 'within', outBy: [], steps: 2 },
};
const PEER = { peer: 'b:80' };

/** Each as `name{attributes} value`, with the values alone of those asked for. */
const shown = (points: Iterable<Point>) =>
  [...points].map(({ metric, attributes, value }) => [metric, { ...attributes }, value]);
const named = (points: Iterable<Point>, metric: Point['metric']) =>
  [...points].filter((point) => point.metric === metric).map(({ value }) => value as number);

describe('points of time', () => {
  it('are two while nobody tells what time it is', () => {
    expect(shown(timePoints(SILENT, 0))).toEqual([
      ['clockSynchronised', {}, 0],
      ['clockSteps', { source: 'wall' }, 0],
    ]);
  });

  it('are seconds of what is known, by source, and of all together', () => {
    const offset = { offsetMs: 3, lowMs: 1, highMs: 5, driftPpm: -7 };
    const time: TimeSource = {
      ...telling({
        sources: [
          { name: 'ntp:a', offset, isFalseticker: false },
          { name: 'ntp:b', offset: undefined, isFalseticker: true },
        ],
        reference: { bounds: { lowMs: 1, highMs: 2 }, leap: 'none' },
      }),
      refusals: () => new Map([['ntp:b', new Map([['spoofed', 4]])]]),
      ...{ steps: 3, hlc: { refused: 5 } },
    };
    const a = { source: 'ntp:a' };
    const all = { source: 'true-time' };
    expect(shown(timePoints(time, 0))).toEqual([
      ['clockOffset', a, 0.003],
      ['clockBound', { ...a, bound: 'low' }, 0.001],
      ['clockBound', { ...a, bound: 'high' }, 0.005],
      ['clockUncertainty', a, 0.002],
      ['clockDrift', a, -7],
      ['clockFalseticker', a, 0],
      ['clockFalseticker', { source: 'ntp:b' }, 1],
      ['clockRefused', { source: 'ntp:b', reason: 'spoofed' }, 4],
      ['clockBound', { ...all, bound: 'low' }, 0.001],
      ['clockBound', { ...all, bound: 'high' }, 0.002],
      ['clockUncertainty', all, 0.0005],
      ['clockSynchronised', {}, 1],
      ['clockSteps', { source: 'wall' }, 3],
      ['clockRefused', { source: 'hlc', reason: 'too-far-ahead' }, 5],
    ]);
  });

  it('count a coming leap second as synchronised', () => {
    const time = telling({ reference: { bounds: { lowMs: 0, highMs: 0 }, leap: 'insert' } });
    expect(named(timePoints(time, 0), 'clockSynchronised')).toEqual([1]);
  });
});

describe('points of the clock of a peer', () => {
  it('are those of its offset, and of its steps', () => {
    const attributes = { ...PEER, source: 'heartbeat' };
    expect(shown(peerClockPoints(CLOCK, PEER, 0))).toEqual([
      ['clockOffset', attributes, 0.012],
      ['clockBound', { ...attributes, bound: 'low' }, 0.01],
      ['clockBound', { ...attributes, bound: 'high' }, 0.015],
      ['clockUncertainty', attributes, 0.0025],
      ['clockSteps', attributes, 2],
    ]);
  });

  it('tell the share of events in no known order only where there are events', () => {
    expect(named(peerClockPoints(CLOCK, PEER, 0), 'clockOrderUnknown')).toEqual([]);
    const [share] = named(peerClockPoints(CLOCK, PEER, 10), 'clockOrderUnknown');
    expect(share).toBeCloseTo(1 - Math.exp(-20 * 0.015), 9);
  });

  it('have no drift before it is known', () => {
    expect(named(offsetPoints(CLOCK, {}), 'clockDrift')).toEqual([]);
    expect(named(offsetPoints({ ...CLOCK, driftPpm: 0 }, {}), 'clockDrift')).toEqual([0]);
  });

  it('are numbers in order, whatever the clock and the traffic', () => {
    const ms = () => fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const any = fc.tuple(fc.tuple(ms(), ms(), ms()), fc.double({ min: 0, max: 1e6, noNaN: true }));
    const property = fc.property(any, ([values, eventsPerS]) => {
      const [lowMs, offsetMs, highMs] = values.sort((x, y) => x - y);
      const points = [...peerClockPoints({ ...CLOCK, lowMs, offsetMs, highMs }, PEER, eventsPerS)];
      const [low, high] = named(points, 'clockBound') as [number, number];
      const [offset] = named(points, 'clockOffset') as [number];
      expect([low, offset, high]).toEqual([low, offset, high].sort((x, y) => x - y));
      expect(named(points, 'clockUncertainty')[0]).toBeGreaterThanOrEqual(0);
      for (const share of named(points, 'clockOrderUnknown')) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }
      for (const { value } of points) expect(value).toSatisfy(Number.isFinite);
    });
    fc.assert(property, runs(200));
  });
});

describe('the metrics of clocks', () => {
  const known = Object.entries(METRICS).filter(([, { name }]) => name.startsWith('tardy.clock.'));

  it('have every attribute in the table that a point of them has', () => {
    const time: TimeSource = {
      ...telling({
        sources: [{ name: 'a', offset: { ...CLOCK, driftPpm: 1 }, isFalseticker: false }],
        reference: { bounds: { lowMs: 0, highMs: 1 }, leap: 'none' },
      }),
      refusals: () => new Map([['a', new Map([['kiss', 1]])]]),
    };
    const clock = { ...CLOCK, driftPpm: 1 };
    const points = [...timePoints(time, 0), ...peerClockPoints(clock, PEER, 1)];
    for (const { metric, attributes } of points) {
      expect(METRICS[metric].attributes).toEqual(
        expect.arrayContaining(Object.keys(attributes)) as unknown,
      );
    }
    const used = new Set(points.map(({ metric }) => metric as string));
    expect(known.map(([metric]) => metric).filter((metric) => !used.has(metric))).toEqual([]);
  });

  it('that are gauges have no unit 1, and durations are seconds', () => {
    for (const [, { kind, unit, name }] of known) {
      expect([kind, unit]).not.toEqual(['gauge', '1']);
      expect(unit).toMatch(/^(s|\{[a-z]+\})$/);
      expect(name).toMatch(/^tardy(\.[a-z]+(_[a-z]+)*)+$/);
    }
  });
});
