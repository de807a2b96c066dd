/**
 * Calibrated phi-accrual failure detector.
 *
 * Problem: is a sender dead, or is its heartbeat just late? Chen's and Bertier's detectors expect
 * beat i at i × interval and collapse when the sender's timer shifts; Pekko's knows gaps between
 * arrivals only, and its phi = 3 is wrong up to seven times in a hundred instead of once in a
 * thousand.
 * Idea: the next beat is due one interval after the last, by the sender's clock as long as it tells
 * its send times: a pause of the sender shifts what follows and is forgotten. How late the next
 * one then is, is learned (`LatenessCurve`), lost beats, pauses and all. Expecting it by the mean
 * delay of many beats, or by the longer of that and the last one's, was tried: it is no faster on
 * any kind of trace, and a step of the sender's clock leads it astray for minutes.
 * Source: Hayashibara et al. 2004 (phi accrual); Chen, Toueg & Aguilera 2002 (expected arrivals).
 */
import { argumentError } from '../errors.ts';
import { BeatInterval } from './beat-interval.ts';
import { LatenessCurve } from './lateness-curve.ts';
import { Silence } from './silence.ts';
import type { Detector, Heartbeat } from './types.ts';

/** The phi at which we suspect, unless told otherwise. */
export const SUSPECT_PHI = 8;

const DEFAULT_INTERVAL_MS = 1000;
/** Beats that one beat may be overtaken by. */
const OVERTAKEN_MAX = 16;

export interface PhiAccrualOptions {
  /** How far apart heartbeats are until some were seen, in ms. Default 1000. */
  readonly expectedIntervalMs?: number;
}

/** Throws ERR_TARDY_ARGUMENT for an interval that is not finite and > 0. */
export function createPhiAccrualDetector({
  expectedIntervalMs = DEFAULT_INTERVAL_MS,
}: PhiAccrualOptions = {}): Detector {
  if (!(Number.isFinite(expectedIntervalMs) && expectedIntervalMs > 0)) {
    throw argumentError('expectedIntervalMs', expectedIntervalMs, 'finite and > 0');
  }
  return new PhiAccrualDetector(expectedIntervalMs);
}

class PhiAccrualDetector implements Detector {
  readonly #interval: BeatInterval;
  readonly #curve: LatenessCurve;
  readonly #silence = new Silence();
  #last: Heartbeat | undefined;
  /** When the last beat arrived, or would have been read had we not stood still. */
  #arrivedMs = -Infinity;

  constructor(expectedIntervalMs: number) {
    this.#interval = new BeatInterval(expectedIntervalMs);
    this.#curve = new LatenessCurve(expectedIntervalMs);
  }

  heartbeat(beat: Heartbeat): void {
    check(beat);
    const last = this.#last;
    const order = last ? orderOf(last, beat, this.#interval.ms) : 'restarted';
    if (order === 'older') return;
    if (order === 'newer') this.#learn(last as Heartbeat, beat);
    this.#arrivedMs = Math.max(
      this.#arrivedMs,
      this.#arrivalOf(beat, order === 'newer' ? last : undefined),
    );
    this.#silence.expect(this.#arrivedMs + this.#interval.ms);
    this.#last = beat;
  }

  localPause(fromMs: number, toMs: number): void {
    checkFinite('fromMs', fromMs);
    checkFinite('toMs', toMs);
    this.#silence.paused(fromMs, toMs);
  }

  phi(nowMs: number): number | undefined {
    checkFinite('nowMs', nowMs);
    return this.#last && this.#curve.phi(this.#silence.lastedMs(nowMs));
  }

  deadlineMs(phi: number): number {
    checkFinite('phi', phi);
    if (!this.#last) return Infinity;
    const atMs = this.#silence.instantMs(this.#curve.latenessMs(Math.max(0, phi)));
    return Math.max(atMs, this.#arrivedMs);
  }

  /**
   * When a beat arrived that was read after a pause of our own: at some instant of the pause. As
   * long after the last one as it was sent after it, if the sender says; else as late as it was read.
   */
  #arrivalOf(beat: Heartbeat, last: Heartbeat | undefined): number {
    const { arrivedAtMs, sentAtMs } = beat;
    const pausedMs = this.#silence.pausedMs(arrivedAtMs);
    if (pausedMs === 0 || sentAtMs === undefined || last?.sentAtMs === undefined)
      return arrivedAtMs;
    const asSentMs = this.#arrivedMs + sentAtMs - last.sentAtMs;
    return Math.min(arrivedAtMs, Math.max(arrivedAtMs - pausedMs, asSentMs));
  }

  #learn(last: Heartbeat, beat: Heartbeat): void {
    const steps = Math.max(1, (beat.seq ?? 0) - (last.seq ?? 0));
    const gapMs = sentMs(beat) - sentMs(last);
    const lateMs = this.#silence.lastedMs(beat.arrivedAtMs);
    this.#curve.judge(lateMs);
    const expectedMs = this.#interval.ms;
    if (gapMs > 0) this.#interval.add(gapMs, steps);
    // What we slept through cannot be told from what came late.
    if (this.#silence.pausedMs(beat.arrivedAtMs) > 0) return;
    this.#curve.learn(lateMs + expectedMs - this.#interval.ms, this.#interval.ms);
  }
}

/** Without a send time, the arrival stands for it: then only gaps between arrivals are known. */
function sentMs({ sentAtMs, arrivedAtMs }: Heartbeat): number {
  return sentAtMs ?? arrivedAtMs;
}

/**
 * Datagrams overtake one another and come twice, but not by far: who does not tell its boot id,
 * and is that much behind, has restarted.
 */
function orderOf(
  last: Heartbeat,
  beat: Heartbeat,
  intervalMs: number,
): 'newer' | 'older' | 'restarted' {
  if (beat.bootId !== last.bootId) return 'restarted';
  const ahead =
    beat.seq !== undefined && last.seq !== undefined
      ? beat.seq - last.seq
      : (sentMs(beat) - sentMs(last)) / intervalMs;
  if (ahead > 0) return 'newer';
  return beat.bootId === undefined && ahead < -OVERTAKEN_MAX ? 'restarted' : 'older';
}

function check({ arrivedAtMs, sentAtMs = 0, seq = 0 }: Heartbeat): void {
  checkFinite('arrivedAtMs', arrivedAtMs);
  checkFinite('sentAtMs', sentAtMs);
  checkFinite('seq', seq);
}

function checkFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw argumentError(name, value, 'finite');
}
