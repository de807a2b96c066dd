/**
 * What the process knows of its leases and of refused tokens, for whoever shows it: telemetry reads
 * it, and the liveness part trips guards through it. Bounded, and nothing here throws.
 */
import { Diagnostics } from '../telemetry/diagnostics.ts';

/** Resources told apart; the rest is counted together. */
const RESOURCES_MAX = 1000;
export const OTHER_RESOURCES = '_other';
/** So many guards are kept at least before those that are gone are looked for. */
const GUARDS_MIN = 1000;
const LISTENERS_MAX = 100;

export interface FencingEvent {
  readonly type: 'fencing-rejected';
  readonly atMs: number;
  readonly resource: string;
  /** What came; as text, as JSON has no integers of 64 bits. */
  readonly token: string;
  /** The highest token seen. */
  readonly seen: string;
}

/** A token that is too low for its resource. */
export interface StaleToken {
  readonly resource: string;
  readonly token: bigint;
  /** The highest token seen. */
  readonly seen: bigint;
}

/** Why a node should stop acting, as others see it. */
export const TRIP_CAUSES = ['self-suspected', 'clock-out'] as const;
export type TripCause = (typeof TRIP_CAUSES)[number];

/** What is known of a guard from outside. */
export interface ActiveGuard {
  readonly resource: string;
  remainingMs(): number;
  noticePause(): void;
  trip(reason: string): void;
  readonly tripOn: readonly TripCause[];
}

/** Failures of listeners. */
export const leaseDiagnostics = new Diagnostics();

const counts = new Map<string, number>();
const listeners = new Map<(event: FencingEvent) => void, (event: FencingEvent) => void>();
const guards = new Set<WeakRef<ActiveGuard>>();
let pruneAt = GUARDS_MIN;
const causes = new Set<TripCause>();

/** Writes refused for their token so far, by resource; `_other` beyond 1,000 resources. */
export const rejections: ReadonlyMap<string, number> = counts;

/** Calls `listener` with each refusal from now on, until the result is called; at most 100. */
export function onFencingRejected(listener: (event: FencingEvent) => void): () => void {
  listeners.set(listener, leaseDiagnostics.guard('fencing listener', listener));
  if (listeners.size > LISTENERS_MAX) {
    for (const [oldest] of [...listeners].slice(0, 1)) listeners.delete(oldest);
    leaseDiagnostics.failed('fencing', new Error(`more than ${LISTENERS_MAX} listeners`));
  }
  return () => void listeners.delete(listener);
}

/** To be called wherever a token is refused. */
export function recordRejection({ resource, token, seen }: StaleToken): void {
  const isKnown = counts.has(resource) || counts.size < RESOURCES_MAX;
  const key = isKnown ? resource : OTHER_RESOURCES;
  counts.set(key, (counts.get(key) ?? 0) + 1);
  const event: FencingEvent = {
    type: 'fencing-rejected',
    atMs: performance.now(),
    resource,
    token: token.toString(),
    seen: seen.toString(),
  };
  for (const listener of listeners.values()) listener(event);
}

/** The guards of the process that were acquired and not released: held, lapsed or tripped. */
export function activeGuards(): ActiveGuard[] {
  const alive: ActiveGuard[] = [];
  for (const ref of guards) {
    const guard = ref.deref();
    if (guard) alive.push(guard);
    else guards.delete(ref);
  }
  return alive;
}

/** Shows a guard until it is let go of: by `hideGuard`, or by the garbage collector. */
export function showGuard(ref: WeakRef<ActiveGuard>): void {
  guards.add(ref);
  if (guards.size <= pruneAt) return;
  activeGuards(); // forgets those that are gone
  pruneAt = Math.max(GUARDS_MIN, 2 * guards.size); // not at every guard when there are many
}

export function hideGuard(ref: WeakRef<ActiveGuard>): void {
  guards.delete(ref);
}

/** After a pause of our own: every guard looks at the clock before anything else goes on. */
export function noticePauseInGuards(): void {
  for (const guard of activeGuards()) guard.noticePause();
}

/** A cause to stop acting begins or is over: it trips the guards that asked for it (`tripOn`). */
export function setTripCause(cause: TripCause, isActive: boolean): void {
  if (!isActive) return void causes.delete(cause);
  causes.add(cause);
  for (const guard of activeGuards()) if (guard.tripOn.includes(cause)) guard.trip(cause);
}

/** To be called when whoever sets them stops: nobody would say that they are over. */
export function clearTripCauses(): void {
  causes.clear();
}

/** Which of these causes there is now. */
export function activeTripCause(tripOn: readonly TripCause[]): TripCause | undefined {
  return tripOn.find((cause) => causes.has(cause));
}
