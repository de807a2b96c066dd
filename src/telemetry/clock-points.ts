/** Clocks as points of the metric table: those of peers, of sources of true time, and our own. */
import { orderUnknown } from '../clock/ordering.ts';
import type { Leap, Offset, OffsetBounds } from '../clock/types.ts';
import type { PeerClockView } from '../membership/types.ts';
import { ATTR } from './metrics.ts';
import type { Point } from './points.ts';

/** How we came to know of a clock. */
export const CLOCK_SOURCE = {
  heartbeat: 'heartbeat',
  /** `Tardy-Clock` of responses. */
  http: 'http',
  /** All sources of true time together. */
  trueTime: 'true-time',
  /** Our own wall clock. */
  wall: 'wall',
  /** The hybrid logical clock of others. */
  hlc: 'hlc',
} as const;

/** What there is to tell of time. */
export interface TimeSource {
  look(nowMs: number): {
    readonly sources: readonly {
      readonly name: string;
      readonly offset: Offset | undefined;
      readonly isFalseticker: boolean;
    }[];
    readonly reference: { readonly bounds: OffsetBounds | undefined; readonly leap: Leap };
  };
  refusals(): ReadonlyMap<string, ReadonlyMap<string, number>>;
  serverOffset(peer: string, nowMs: number): (Offset & { readonly steps: number }) | undefined;
  /** Steps of our own wall clock so far. */
  readonly steps: number;
  readonly hlc: { readonly refused: number };
}

export function* timePoints(time: TimeSource, nowMs: number): Generator<Point> {
  const { sources, reference } = time.look(nowMs);
  for (const { name, offset, isFalseticker } of sources) {
    const attributes = { [ATTR.source]: name };
    if (offset) yield* offsetPoints(offset, attributes);
    yield { metric: 'clockFalseticker', attributes, value: Number(isFalseticker) };
  }
  for (const [source, counts] of time.refusals()) {
    for (const [reason, value] of counts) {
      const attributes = { [ATTR.source]: source, [ATTR.reason]: reason };
      yield { metric: 'clockRefused', attributes, value };
    }
  }
  const { bounds, leap } = reference;
  const attributes = { [ATTR.source]: CLOCK_SOURCE.trueTime };
  if (bounds) yield* boundPoints(bounds, attributes);
  const isSynchronised = leap !== 'unsynchronised';
  yield { metric: 'clockSynchronised', attributes: {}, value: Number(isSynchronised) };
  const ofWall = { [ATTR.source]: CLOCK_SOURCE.wall };
  yield { metric: 'clockSteps', attributes: ofWall, value: time.steps };
  if (time.hlc.refused > 0) {
    const ofHlc = { [ATTR.source]: CLOCK_SOURCE.hlc, [ATTR.reason]: 'too-far-ahead' };
    yield { metric: 'clockRefused', attributes: ofHlc, value: time.hlc.refused };
  }
}

/** `eventsPerS`: how often events happen here that may compete with those of the peer. */
export function* peerClockPoints(
  clock: PeerClockView,
  peer: Point['attributes'],
  eventsPerS: number,
): Generator<Point> {
  const attributes = { ...peer, [ATTR.source]: CLOCK_SOURCE.heartbeat };
  yield* offsetPoints(clock, attributes);
  yield { metric: 'clockSteps', attributes, value: clock.steps };
  const value = orderUnknown(clock, eventsPerS);
  if (value !== undefined) yield { metric: 'clockOrderUnknown', attributes: peer, value };
}

export function* offsetPoints(
  { offsetMs, lowMs, highMs, driftPpm }: Offset,
  attributes: Point['attributes'],
): Generator<Point> {
  yield { metric: 'clockOffset', attributes, value: offsetMs / 1000 };
  yield* boundPoints({ lowMs, highMs }, attributes);
  if (driftPpm !== undefined) yield { metric: 'clockDrift', attributes, value: driftPpm };
}

function* boundPoints(
  { lowMs, highMs }: OffsetBounds,
  attributes: Point['attributes'],
): Generator<Point> {
  for (const [bound, ms] of Object.entries({ low: lowMs, high: highMs })) {
    const ofBound = { ...attributes, [ATTR.bound]: bound };
    yield { metric: 'clockBound', attributes: ofBound, value: ms / 1000 };
  }
  yield { metric: 'clockUncertainty', attributes, value: (highMs - lowMs) / 2000 };
}
