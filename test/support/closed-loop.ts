/**
 * A caller that arms what the estimator says, in virtual time: whatever it cuts off, the
 * estimator never sees the end of. This is where advice that learns only from successes dies.
 */
import type { InFlight, TimeoutEstimator } from '../../src/timeout/index.ts';
import type { Random } from './random.ts';

export interface LoopOptions {
  readonly estimator: TimeoutEstimator;
  readonly random: Random;
  /** Requests a second; their gaps are exponential. */
  readonly perSecond: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** How long the reply to a request takes that starts now. */
  readonly rttMs: (startedAtMs: number) => number;
}

/** One request when it is over. */
export interface Call {
  readonly startedAtMs: number;
  readonly rttMs: number;
  readonly armedMs: number;
  readonly cutOff: boolean;
}

interface Waiting extends Call {
  readonly endsAtMs: number;
  readonly inFlight: InFlight;
}

/** Runs it and returns every request in the order of its start. */
export function closedLoop(options: LoopOptions): Call[] {
  const { estimator, random, perSecond, fromMs, toMs, rttMs } = options;
  const calls: Call[] = [];
  const waiting: Waiting[] = [];
  let nowMs = fromMs;
  while (nowMs < toMs) {
    nowMs += random.exponential(1000 / perSecond);
    endThoseBefore(nowMs, waiting);
    const rtt = rttMs(nowMs);
    const armedMs = estimator.timeoutMs(nowMs);
    const firesAfterMs = Math.trunc(armedMs) + random.next(); // as Node's timers: whole ms, late
    const call = {
      startedAtMs: nowMs,
      rttMs: rtt,
      armedMs,
      cutOff: rtt > firesAfterMs,
      endsAtMs: nowMs + Math.min(rtt, firesAfterMs),
      inFlight: estimator.begin(nowMs),
    };
    calls.push(call);
    waiting.splice(waiting.findLastIndex((other) => other.endsAtMs <= call.endsAtMs) + 1, 0, call);
  }
  endThoseBefore(Infinity, waiting);
  return calls;
}

function endThoseBefore(nowMs: number, waiting: Waiting[]): void {
  while (waiting[0] && waiting[0].endsAtMs <= nowMs) {
    const { startedAtMs, endsAtMs, armedMs, cutOff, inFlight } = waiting.shift()!;
    inFlight.end({
      atMs: endsAtMs,
      durationMs: endsAtMs - startedAtMs,
      outcome: cutOff ? 'timed-out' : 'completed',
      armedMs,
    });
  }
}

/** Share of requests that were cut off although their reply was on its way. */
export function cutOffShare(calls: readonly Call[]): number {
  return calls.filter((call) => call.cutOff).length / calls.length;
}
