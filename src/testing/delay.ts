/** One-way delays of a link, and losses that come in bursts. */
import type { Random } from './random.ts';

/** How long a message is on its way in one direction. */
export type Delay =
  | { readonly kind: 'constant'; readonly delayMs: number }
  /** Median and standard deviation of the logarithm; 0.1 is a quiet LAN, 0.5 a busy path. */
  | { readonly kind: 'lognormal'; readonly medianMs: number; readonly sigma: number }
  /** P(delay > t) = (minMs / t)^shape: below shape 2 without a variance. Cut off at maxMs. */
  | {
      readonly kind: 'pareto';
      readonly minMs: number;
      readonly shape: number;
      readonly maxMs: number;
    };

export function drawDelayMs(delay: Delay, random: Random): number {
  switch (delay.kind) {
    case 'constant':
      return delay.delayMs;
    case 'lognormal':
      return random.lognormal(delay.medianMs, delay.sigma);
    case 'pareto':
      return Math.min(delay.maxMs, delay.minMs / (1 - random.next()) ** (1 / delay.shape));
  }
}

/**
 * Gilbert and Elliott: a link is good or bad, and changes its mind with each message. In the long
 * run a share enterBad / (enterBad + leaveBad) of the messages meets a bad link, in bursts of
 * 1 / leaveBad messages on average.
 */
export interface BurstLoss {
  /** Probability that a good link turns bad before the next message. */
  readonly enterBad: number;
  /** Probability that a bad link turns good before the next message. */
  readonly leaveBad: number;
  /** Share of messages lost while good, 0 to 1. */
  readonly lossGood: number;
  /** Share of messages lost while bad, 0 to 1. */
  readonly lossBad: number;
}

/** The state of one link under a `BurstLoss`. */
export class BurstState {
  #bad = false;

  /** Whether the next message is lost. */
  loses(options: BurstLoss, random: Random): boolean {
    const flips = random.next() < (this.#bad ? options.leaveBad : options.enterBad);
    if (flips) this.#bad = !this.#bad;
    return random.next() < (this.#bad ? options.lossBad : options.lossGood);
  }
}
