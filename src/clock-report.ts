/** Clocks and pauses as plain data: the shapes that the API and the command line show. */
import { z } from 'zod';
import { fleetView } from './clock/fleet.ts';
import { orderUnknown } from './clock/ordering.ts';
import { OFFSET_VERDICTS, offsetVerdict } from './clock/verdict.ts';
import type { TardyEvent } from './events/types.ts';
import type { PeerView } from './membership/types.ts';
import { PAUSE_CAUSES } from './pause/cause.ts';
import type { TimeReading } from './timekeeping/clock.ts';
import type { ServerOffset } from './timekeeping/header-clocks.ts';
import type { SourceView } from './timekeeping/timekeeping.ts';

const optionalMs = z.number().optional();
/** Elsewhere, how long a pause was is known, and not why. */
const TELLS_CAUSES = process.platform === 'linux';
const LEAPS = ['none', 'insert', 'delete', 'unsynchronised'] as const;

const offsetSchema = z.object({
  offsetMs: z.number().describe('how far it is ahead of our wall clock: the likeliest value'),
  lowMs: z.number().describe('the truth is not below this'),
  highMs: z.number().describe('the truth is not above this'),
  driftPpm: z.number().optional().describe('how much it gains on ours, in millionths'),
});

export const peerClockSchema = offsetSchema.extend({
  source: z.enum(['heartbeat', 'http']).describe('heartbeats, or headers of its responses'),
  verdict: z.enum(OFFSET_VERDICTS).describe('of its interval against the budget'),
  outBy: z.array(z.string()).describe('observers that hold it out of budget'),
  steps: z.number().describe('jumps of its clock so far'),
});

const sourceSchema = z.object({
  name: z.string(),
  offset: offsetSchema.optional().describe('true time less our wall clock, as it says'),
  leap: z.enum(LEAPS),
  isFalseticker: z.boolean().describe('it disagrees with the majority of sources'),
  stratum: z.number().optional(),
  rootDistanceMs: optionalMs.describe('the error that it admits itself'),
  lastAnswerAgoMs: optionalMs,
  why: z.string().optional().describe('why it says nothing'),
});

export const clockReportSchema = z.object({
  node: z.string().describe('who measured this'),
  generatedAt: z.iso.datetime(),
  wallMs: z.number().describe('our wall clock, in ms since 1970'),
  earliestMs: optionalMs.describe('true time is not before this; absent: nobody tells us'),
  latestMs: optionalMs.describe('true time is not after this'),
  source: z.string().describe('what that rests on'),
  leap: z.enum(LEAPS),
  maxOffsetMs: z.number().describe('the budget of peers'),
  sources: z.array(sourceSchema),
  peers: z.array(
    peerClockSchema.extend({
      peer: z.string(),
      orderUnknown: z
        .number()
        .optional()
        .describe('share of neighbouring events, here and there, whose timestamps tell no order'),
    }),
  ),
  outliers: z.array(z.string()).describe('clocks that do not go with the majority'),
  agrees: z.boolean().describe('a majority of clocks goes together'),
});

export const pausesReportSchema = z.object({
  node: z.string().describe('who measured this'),
  generatedAt: z.iso.datetime(),
  causes: z.boolean().describe('causes can be told on this system'),
  loopDelayMs: z
    .record(z.string(), z.number())
    .describe('how long what comes at a random instant waits for the event loop, by quantile'),
  pauses: z.array(
    z.object({
      atWallMs: z.number().describe('when it was over'),
      durationMs: z.number(),
      cause: z.enum(PAUSE_CAUSES),
      because: z.string(),
    }),
  ),
});

export type PeerClockEntry = z.infer<typeof peerClockSchema>;
export type ClockReport = z.infer<typeof clockReportSchema>;
export type PausesReport = z.infer<typeof pausesReportSchema>;

/** The clock of a peer: as heartbeats tell it, else as its responses do. */
export function peerClockEntry(
  view: PeerView | undefined,
  byResponses: ServerOffset | undefined,
  maxOffsetMs: number,
): PeerClockEntry | undefined {
  if (view?.clock) {
    const { outBy, ...clock } = view.clock;
    return { ...clock, outBy: [...outBy], source: 'heartbeat' };
  }
  if (!byResponses) return undefined;
  const verdict = offsetVerdict(byResponses, maxOffsetMs);
  return { ...byResponses, source: 'http', verdict, outBy: [] };
}

export interface ClockFacts {
  readonly now: TimeReading;
  readonly sources: readonly SourceView[];
  readonly peers: readonly { readonly peer: string; readonly clock: PeerClockEntry }[];
  readonly maxOffsetMs: number;
  /** Requests a second that we receive. */
  readonly eventsPerS: number;
}

export function clockReport(facts: ClockFacts): Omit<ClockReport, 'node' | 'generatedAt'> {
  const { now, sources, peers, maxOffsetMs, eventsPerS } = facts;
  const { wallMs, source, leap, earliest, latest } = now;
  // Whoever answers through a proxy is nobody of the fleet.
  const fleet = peers.filter(({ clock }) => clock.source === 'heartbeat');
  const clocks = fleet.map(({ peer, clock }) => ({ name: peer, bounds: clock }));
  const ours = { name: 'this node', bounds: { lowMs: 0, highMs: 0 } };
  return {
    ...{ wallMs, source, leap, maxOffsetMs },
    ...(Number.isFinite(earliest) ? { earliestMs: earliest, latestMs: latest } : {}),
    sources: sources.map(sourceEntry),
    peers: peers.map(({ peer, clock }) => ({ peer, ...clock, ...orderOf(clock, eventsPerS) })),
    ...copied(fleetView([ours, ...clocks], maxOffsetMs)),
  };
}

const LOOP_SHARES = { p50: 0.5, p99: 0.99, p999: 0.999, max: 1 };

/** `loopDelayMs`: what a share of all that comes at random instants waits for the event loop. */
export function pausesReport(
  events: readonly TardyEvent[],
  loopDelayMs: (share: number) => number | undefined,
): Omit<PausesReport, 'node' | 'generatedAt'> {
  const pauses = events.flatMap((event) => {
    if (event.type !== 'pause') return [];
    const { atWallMs, durationMs, cause, because } = event;
    return [{ atWallMs, durationMs, cause, because }];
  });
  const delays = Object.entries(LOOP_SHARES).flatMap(([name, share]) => {
    const ms = loopDelayMs(share);
    return ms === undefined ? [] : [[name, ms] as const];
  });
  return { causes: TELLS_CAUSES, loopDelayMs: Object.fromEntries(delays), pauses };
}

function orderOf(clock: PeerClockEntry, eventsPerS: number) {
  const share = orderUnknown(clock, eventsPerS);
  return share === undefined ? {} : { orderUnknown: share };
}

function copied({ outliers, agrees }: ReturnType<typeof fleetView>) {
  return { outliers: [...outliers], agrees };
}

function sourceEntry({ offset, ...rest }: SourceView) {
  return offset ? { ...rest, offset: { ...offset } } : rest;
}
