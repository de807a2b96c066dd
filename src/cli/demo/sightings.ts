/** Who saw a fault, when, as what and on what evidence: made of what every node told. */
import { z } from 'zod';
import { PEER_STATES, type PeerState } from '../../membership/types.ts';
import type { LeaseSeen, Seen } from './cluster.ts';
import { FAULT_NAMES, type FaultName, FAULTS, type View } from './faults.ts';
import { leaseReport, leaseSchema } from './lease-report.ts';
import { NODE_NAMES } from './network.ts';

const ms = z.number();
const node = z.enum(NODE_NAMES);
const state = z.enum(PEER_STATES);

export const sightingSchema = z.object({
  observer: node,
  node: node.describe('whom it saw so'),
  state: state.describe('what it called it first'),
  afterMs: ms.describe('from the fault to that'),
  evidence: z.array(z.string()).describe('what the gravest rested on'),
  because: z.string().describe('the same in words'),
  worst: state.describe('the gravest that it called it'),
  worstAfterMs: ms.describe('from the fault to that'),
  trustedAfterMs: ms
    .optional()
    .describe('from the end of the fault until it called it alive for good; below 0: before that'),
});

export const faultSchema = z.object({
  fault: z.enum(FAULT_NAMES),
  does: z.string(),
  ends: z.string(),
  atS: z.number().describe('when, after the load began'),
  lastedMs: ms.optional().describe('how long; absent while it lasts'),
  sightings: z.array(sightingSchema).describe('who saw it, the first first'),
  missedBy: z.array(z.object({ observer: node, node })).describe('who should have seen it'),
  lease: leaseSchema.optional().describe('what became of the lease'),
  accused: z
    .array(z.object({ observer: node, node, state }))
    .describe('others that were called suspect, disputed, dead or stalled meanwhile: mistakes'),
});

export type Sighting = z.infer<typeof sightingSchema>;
export type FaultReport = z.infer<typeof faultSchema>;

export interface Injected {
  readonly name: FaultName;
  readonly atS: number;
  /** By the clock of the demo, as all that was seen; never by that of a child, which may be set wrong. */
  readonly atMs: number;
  readonly endedAtMs: number | undefined;
}

type StateSeen = Extract<Seen, { type: 'state' }>;

/** From the least to the most grave. */
const GRAVITY: readonly PeerState[] = [
  ...(['alive', 'unknown', 'slow', 'clock-out'] as const),
  ...(['stalled', 'disputed', 'suspect', 'left', 'dead'] as const),
];
const isTrusted = (called: PeerState) => called === 'alive' || called === 'unknown';
const isAccusation = (called: PeerState) =>
  GRAVITY.indexOf(called) >= GRAVITY.indexOf('stalled') && called !== 'left';

export function faultReport(
  injected: Injected,
  seen: readonly Seen[],
  leases: readonly LeaseSeen[] = [],
): FaultReport {
  const { name, atS, atMs, endedAtMs } = injected;
  const { does, ends, views } = FAULTS[name];
  const since = seen.filter((each) => each.atMs >= atMs);
  const sightings = views
    .flatMap((view) => sightingOf(view, since, injected) ?? [])
    .sort((a, b) => a.afterMs - b.afterMs);
  const isIn = (list: readonly View[], view: View) =>
    list.some((each) => each.observer === view.observer && each.node === view.node);
  return {
    ...{ fault: name, does, ends, atS },
    ...leaseIn(injected, leases),
    ...(endedAtMs === undefined ? {} : { lastedMs: endedAtMs - atMs }),
    sightings,
    missedBy: views.filter((view) => !isIn(sightings, view)).map((view) => ({ ...view })),
    accused: since
      .filter((each) => each.type === 'state')
      .filter((each) => isAccusation(each.to) && !isIn(views, each))
      .map(({ observer, node: accused, to }) => ({ observer, node: accused, state: to })),
  };
}

function leaseIn({ name, atMs }: Injected, leases: readonly LeaseSeen[]) {
  const lease = name === 'lease' ? leaseReport(atMs, leases) : undefined;
  return lease ? { lease } : {};
}

function sightingOf(
  view: View,
  since: readonly Seen[],
  { atMs, endedAtMs }: Injected,
): Sighting | undefined {
  const own = since.filter((each) => each.observer === view.observer && each.node === view.node);
  const called = own.filter((each) => each.type === 'state');
  const first = called.find(({ to }) => !isTrusted(to));
  if (!first) return undefined;
  const worst = called.reduce(
    (gravest, each) => (GRAVITY.indexOf(each.to) > GRAVITY.indexOf(gravest.to) ? each : gravest),
    first,
  );
  const trusted = trustedAt(called);
  return {
    ...view,
    ...{ state: first.to, afterMs: first.atMs - atMs },
    ...{ evidence: evidenceUntil(own, first, worst), because: worst.because },
    ...{ worst: worst.to, worstAfterMs: worst.atMs - atMs },
    ...(trusted === undefined || endedAtMs === undefined
      ? {}
      : { trustedAfterMs: trusted.atMs - endedAtMs }),
  };
}

/** The first word of trust after the last of distrust; that it is slow is none. */
function trustedAt(called: readonly StateSeen[]): StateSeen | undefined {
  const isDistrust = ({ to }: StateSeen) => !isTrusted(to) && to !== 'slow';
  const last = called.findLastIndex(isDistrust);
  return called.slice(last + 1).find(({ to }) => to === 'alive');
}

/** Kinds of evidence, each once; who was called slow first was silent. */
function evidenceUntil(own: readonly Seen[], first: StateSeen, worst: StateSeen): string[] {
  if (worst.to === 'clock-out') return ['clock'];
  const kinds = own
    .filter((each) => each.type === 'evidence')
    .filter(({ atMs }) => atMs <= worst.atMs)
    .map(({ evidence }) => evidence.kind);
  const isSilent = kinds.length === 0 || first.to === 'slow';
  return [...new Set(isSilent ? ['silence', ...kinds] : kinds)];
}
