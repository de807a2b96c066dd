/**
 * A caller that arms what a rule says, in virtual time.
 *
 * Every rule is given the same starts and the same round trips. What it cuts off it never sees the
 * end of: it learns only that the reply took longer than it waited. A request is in flight until
 * its reply or its timeout, and rules hear of the ends in the order of time, before the next start.
 */
import { EndQueue } from './end-queue.ts';
import { type Rule, CEILING_MS } from './rule.ts';
import type { StreamData } from './streams.ts';

export interface LoopOptions {
  /** Requests that may be in flight; those beyond wait for the end of another. Default: no limit. */
  readonly inFlightMax?: number;
}

/** Runs a rule over a stream; the timeout that was armed for each request, in ms. */
export function closedLoop(
  rule: Rule,
  { gapsMs, rttsMs }: StreamData,
  { inFlightMax = Infinity }: LoopOptions = {},
): Float64Array {
  const armedMs = new Float64Array(gapsMs.length);
  const ends = new EndQueue(rule, rttsMs, armedMs);
  let arrivedMs = 0;
  let nowMs = 0;
  for (let i = 0; i < gapsMs.length; i++) {
    arrivedMs += gapsMs[i] as number;
    nowMs = Math.max(nowMs, arrivedMs);
    ends.endUntil(nowMs);
    if (ends.size >= inFlightMax) ends.endUntil((nowMs = ends.firstEndMs));
    const armed = Math.min(rule.timeoutMs(nowMs), CEILING_MS);
    armedMs[i] = armed;
    ends.start(i, nowMs, nowMs + Math.min(rttsMs[i] as number, armed));
  }
  ends.endUntil(Infinity);
  return armedMs;
}
