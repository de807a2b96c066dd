/** When heartbeats are sent: a timer as setInterval's, with what makes it late. */
import type { Random } from '../../test/support/random.ts';
import type { Pause } from '../../src/pause/pause-log.ts';

export interface SenderOptions {
  readonly intervalMs: number;
  /** How late the timer fires: lognormal with this median and sigma 1. Default 0.1 ms. */
  readonly lateMs?: number;
  /** A factor of the interval of each heartbeat; 1 by default. */
  readonly uneven?: (random: Random, seq: number) => number;
  /** Every other so many heartbeats the interval is longer by the factor. */
  readonly steps?: { readonly everyBeats: number; readonly factor: number };
  /** Stands still from and for so long, in order. */
  readonly pauses?: readonly Pause[];
}

export interface Sending {
  readonly seq: number;
  readonly atMs: number;
  readonly afterPause: boolean;
  /** The first after a step to the longer interval. */
  readonly afterSlowdown: boolean;
}

/**
 * The next is due one interval after the last was sent, as Node's setInterval does it: lateness
 * and pauses shift all that follow.
 */
export function send(random: Random, beats: number, options: SenderOptions): Sending[] {
  const { intervalMs, lateMs = 0.1, uneven = () => 1, steps, pauses = [] } = options;
  const sendings: Sending[] = [];
  let atMs = 0;
  let nextPause = 0;
  for (let seq = 0; seq < beats; seq++) {
    const phase = steps ? Math.floor(seq / steps.everyBeats) % 2 : 0;
    const factor = phase === 1 ? (steps?.factor ?? 1) : 1;
    atMs += intervalMs * factor * uneven(random, seq) + random.lognormal(lateMs, 1);
    let afterPause = false;
    for (; nextPause < pauses.length; nextPause++) {
      const pause = pauses[nextPause] as Pause;
      if (pause.fromMs > atMs) break;
      if (pause.toMs <= atMs) continue;
      atMs = pause.toMs;
      afterPause = true;
    }
    const afterSlowdown = phase === 1 && seq % (steps?.everyBeats ?? 1) === 0;
    sendings.push({ seq, atMs, afterPause, afterSlowdown });
  }
  return sendings;
}

/** Pauses at random instants, of random length. */
export function randomPauses(
  random: Random,
  spanMs: number,
  everyMs: number,
  lengthMs: () => number,
): Pause[] {
  const pauses: Pause[] = [];
  let atMs = random.exponential(everyMs);
  while (atMs < spanMs) {
    const toMs = atMs + lengthMs();
    pauses.push({ fromMs: atMs, toMs });
    atMs = toMs + random.exponential(everyMs);
  }
  return pauses;
}
