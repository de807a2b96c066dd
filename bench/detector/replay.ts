/**
 * Plays a trace to a detector and judges it.
 *
 * After each arrival the detector is asked for its deadline, and a crash is assumed right after
 * that heartbeat was sent: the detection time T_D is from the send to the deadline. In truth the
 * sender lives, so a heartbeat that comes after the deadline is a mistake, which lasts until it
 * comes: T_M. A detector that is told of a pause of the receiver is told when the pause is over,
 * before what waited is read; what it would have said before still counts.
 *
 * Source: Chen, Toueg & Aguilera 2002 for T_D, T_M, lambda_M and P_A.
 */
import type { Detector } from '../../src/detector/types.ts';
import type { Trace } from './trace.ts';

/** Heartbeats that are played and not judged: every detector may settle. */
export const WARM_UP_BEATS = 200;

export interface ReplayOptions {
  /** The phi at which it is suspected; several are judged at once. */
  readonly phis: readonly number[];
  /** Whether the detector is told of the receiver's own pauses. */
  readonly gate: boolean;
  /** Whether phi is asked at the instant of each arrival. */
  readonly wantsPhi?: boolean;
  /** Whether mistakes are told apart by how long the silence was that was allowed. */
  readonly wantsQuarters?: boolean;
}

export interface Quality {
  /** Heartbeats that are judged. */
  readonly beats: number;
  readonly spanMs: number;
  /** From the send of the last heartbeat. */
  readonly meanTdMs: number;
  readonly p99TdMs: number;
  readonly maxTdMs: number;
  /** Indices of the heartbeats that came too late. */
  readonly mistakes: readonly number[];
  readonly mistakesPerHour: number;
  /** Mean silence that is allowed after an arrival. */
  readonly meanSilenceMs: number;
  /** Mistakes in each quarter of the heartbeats, by the silence that was allowed before them. */
  readonly quarters?: readonly number[];
  /** How long a mistake lasts; undefined if there was none. */
  readonly meanTmMs: number | undefined;
  /** P_A: share of the time in which the answer was right. */
  readonly accuracy: number;
}

export interface Replayed {
  /** One for each phi. */
  readonly qualities: readonly Quality[];
  /** phi when the heartbeat arrived, or more if it was more before a pause; for the judged ones. */
  readonly phiAtArrival: Float64Array;
}

/** What is counted for one phi. */
class Judge {
  readonly #tdMs: Float64Array;
  readonly #silencesMs: Float64Array;
  readonly #first: number;
  readonly #mistakes: number[] = [];
  #judged = 0;
  #mistakenMs = 0;
  #deadlineMs = Infinity;
  /** When it was suspected, if that was before a pause. */
  #suspectedMs = Infinity;

  constructor(first: number, beats: number) {
    this.#first = first;
    this.#tdMs = new Float64Array(beats - first);
    this.#silencesMs = new Float64Array(beats - first);
  }

  arrived(index: number, lastMs: number, nowMs: number): void {
    const suspectedMs = Math.min(this.#deadlineMs, this.#suspectedMs);
    if (nowMs <= suspectedMs) return;
    this.#mistakes.push(index);
    this.#mistakenMs += nowMs - Math.max(suspectedMs, lastMs);
  }

  deadline(deadlineMs: number, sentMs: number, arrivedMs: number): void {
    this.#deadlineMs = deadlineMs;
    this.#suspectedMs = Infinity;
    this.#silencesMs[this.#judged] = deadlineMs - arrivedMs;
    this.#tdMs[this.#judged++] = deadlineMs - sentMs;
  }

  paused(fromMs: number, deadlineMs: number): void {
    if (this.#deadlineMs < fromMs) {
      this.#suspectedMs = Math.min(this.#suspectedMs, this.#deadlineMs);
    }
    this.#deadlineMs = deadlineMs;
  }

  quality(spanMs: number, wantsQuarters: boolean): Quality {
    const tdMs = this.#tdMs;
    const count = this.#mistakes.length;
    let p99TdMs: number | undefined;
    return {
      beats: this.#judged,
      spanMs,
      meanTdMs: mean(tdMs),
      meanSilenceMs: mean(this.#silencesMs),
      // Sorting takes longer than all the rest, and few ask.
      get p99TdMs() {
        return (p99TdMs ??= tdMs.slice().sort()[Math.ceil(0.99 * tdMs.length) - 1] ?? NaN);
      },
      maxTdMs: tdMs.reduce((max, each) => Math.max(max, each), -Infinity),
      ...(wantsQuarters ? { quarters: this.#quarters() } : {}),
      mistakes: this.#mistakes,
      mistakesPerHour: (count / spanMs) * 3_600_000,
      meanTmMs: count === 0 ? undefined : this.#mistakenMs / count,
      accuracy: 1 - this.#mistakenMs / spanMs,
    };
  }

  #quarters(): number[] {
    const asked = this.#silencesMs.subarray(0, -1);
    const ends = [0.25, 0.5, 0.75].map((share) => rankedMs(asked, share));
    const counts = [0, 0, 0, 0];
    for (const index of this.#mistakes) {
      const silenceMs = asked[index - this.#first - 1] as number;
      const quarter = ends.filter((endMs) => silenceMs > endMs).length;
      counts[quarter] = (counts[quarter] ?? 0) + 1;
    }
    return counts;
  }
}

function rankedMs(values: Float64Array, share: number): number {
  return values.slice().sort()[Math.floor(share * values.length)] ?? NaN;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function replay(trace: Trace, detector: Detector, options: ReplayOptions): Replayed {
  const { phis, gate, wantsPhi = false, wantsQuarters = false } = options;
  const { seq, sentMs, arrivedMs, delayMs, pauses } = trace;
  const beats = seq.length;
  const first = Math.min(WARM_UP_BEATS, beats - 1);
  const judges = phis.map((phi) => ({ phi, judge: new Judge(first, beats) }));
  const phiAtArrival = new Float64Array(wantsPhi ? beats - 1 - first : 0);
  const waiting = [...(gate ? pauses : [])].reverse();

  /** What was said before a pause counts; then the detector is told. */
  const pauseUntil = (nowMs: number): number => {
    let phi = 0;
    for (let pause = waiting.at(-1); pause && pause.toMs <= nowMs; pause = waiting.at(-1)) {
      waiting.pop();
      if (wantsPhi) phi = Math.max(phi, detector.phi(pause.fromMs) ?? 0);
      detector.localPause(pause.fromMs, pause.toMs);
      for (const each of judges) each.judge.paused(pause.fromMs, detector.deadlineMs(each.phi));
    }
    return phi;
  };
  for (let i = 0; i < beats; i++) {
    const nowMs = arrivedMs[i] as number;
    const phiBefore = pauseUntil(nowMs);
    if (i > first) {
      if (wantsPhi) phiAtArrival[i - 1 - first] = Math.max(phiBefore, detector.phi(nowMs) ?? 0);
      for (const { judge } of judges) judge.arrived(i, arrivedMs[i - 1] as number, nowMs);
    }
    detector.heartbeat({ arrivedAtMs: nowMs, sentAtMs: sentMs[i]!, seq: seq[i]! });
    if (i < first) continue;
    const sentAtMs = nowMs - (delayMs[i] as number);
    for (const { phi, judge } of judges) judge.deadline(detector.deadlineMs(phi), sentAtMs, nowMs);
  }
  const spanMs = (arrivedMs.at(-1) ?? NaN) - (arrivedMs[first] ?? NaN);
  return {
    qualities: judges.map(({ judge }) => judge.quality(spanMs, wantsQuarters)),
    phiAtArrival,
  };
}

/** The judged gaps between arrivals, longest first; if gated, without the receiver's pauses. */
export function gapsMs(trace: Trace, gate: boolean): Float64Array {
  const { arrivedMs, pauses } = trace;
  const first = Math.min(WARM_UP_BEATS, arrivedMs.length - 1);
  let nextPause = 0;
  const gaps = arrivedMs.map((nowMs, i) => {
    const lastMs = arrivedMs[i - 1] ?? nowMs;
    let pausedMs = 0;
    for (let pause = pauses[nextPause]; pause && pause.toMs <= nowMs; pause = pauses[nextPause]) {
      nextPause++;
      if (gate) pausedMs += Math.max(0, pause.toMs - Math.max(lastMs, pause.fromMs));
    }
    return nowMs - lastMs - pausedMs;
  });
  return gaps
    .subarray(first + 1)
    .sort()
    .reverse();
}

/**
 * What a fixed timeout would do whose mean T_D is this: the one that hindsight chooses. Its own
 * mean T_D is itself plus the mean delay.
 */
export function hindsightMistakes(trace: Trace, meanTdMs: number, gate: boolean): number {
  const first = Math.min(WARM_UP_BEATS, trace.seq.length - 1);
  const timeoutMs = meanTdMs - mean(trace.delayMs.subarray(first));
  const longest = gapsMs(trace, gate).findIndex((gapMs) => gapMs <= timeoutMs);
  return longest < 0 ? trace.seq.length - 1 - first : longest;
}

/** The shortest fixed timeout with no more mistakes than so many. */
export function hindsightTimeoutMs(gaps: Float64Array, mistakes: number): number {
  return gaps[mistakes] ?? 0;
}
