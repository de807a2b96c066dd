/**
 * Where replies lie now: centre and spread of ln RTT.
 *
 * Problem: a service drifts with the hour and jumps with a deployment. A slow average lags behind
 * the drift, a fast one is noisy, and a timeout far out in the tail magnifies the noise.
 * Idea: several averages with memories from 128 to 65,536 replies, weighted by how well each has
 * foretold the replies of late: w = exp(−loss / 2 − handicap), the squared residuals added up and
 * forgotten over LOSS_MEMORY replies. Residuals are held to ±3, so that a tail of any weight has a centre
 * (Huber's M-estimator). After a jump (change-detector.ts) all start anew from the new level.
 * The spread changes seldom and is magnified most, so it is averaged over everything since the
 * last change, and starts anew when a fast average of it has gone away by a quarter.
 * Source: Huber 1964; weights by past loss: Cesa-Bianchi & Lugosi, Prediction, Learning, and
 * Games, 2006, chapter 2.
 */
import type { Counts } from '../histogram/counts.ts';
import { BUCKET_COUNT, bucketLow, MAX_MICROS } from '../histogram/layout.ts';

const MEMORIES = [128, 512, 2048, 8192, 65_536] as const;
const GAINS = MEMORIES.map((memory) => 1 / memory);
const LOSS_MEMORY = 8192;
const LOSS_KEPT = 1 - 1 / LOSS_MEMORY;
/** What a fast average loses by its own noise, once more: it must not win by chance. */
const HANDICAPS = MEMORIES.map((memory) => LOSS_MEMORY / (4 * memory));
/** Losses change slowly: the averages are weighed anew after so many replies. */
const WEIGH_EVERY = 64;
/** Residuals beyond this count as this. */
const RESIDUAL_MAX = 3;
/** A first average is half its first replies: 1 / (n + 3). */
const GAIN_LAG = 3;
const SPREAD_MEMORY = 300_000;
const SPREAD_MEMORY_FAST = 1000;
const SPREAD_LAG = 10;
/** Change of the spread that starts it anew, as a factor, and replies it needs to be known. */
const SPREAD_CHANGE = 1.28;
const SPREAD_SETTLED = 2000;
/** Replies that the fast average is worth when it takes over. */
const SPREAD_TAKEN_OVER = 500;
/** Below this, the clock's own grain: 0.1 % of the round trip. */
const SPREAD_MIN = 0.001;
/** Found from counts, half a bucket: where in it replies lie is not known. */
const FITTED_SPREAD_MIN = 0.004;
/** A request cut off in the lower half tells that its reply lies somewhat above the centre. */
const CENSORED_RESIDUAL = 0.5;
/** From a microsecond to the last bucket. */
const MS_MIN = 0.001;
const MS_MAX = MAX_MICROS / 1000;
/** Rounds of the M-estimator when centre and spread are found from counts. */
const ROUNDS = 8;

export class Location {
  /** Of ln RTT in ms. */
  centre = 0;
  spread = 0.3;
  readonly #centres = new Float64Array(MEMORIES.length);
  readonly #losses = new Float64Array(MEMORIES.length);
  #fastSpread = 0.3;
  readonly #weights = new Float64Array(MEMORIES.length).fill(1 / MEMORIES.length);
  /** Replies since the centre, and the spread, began anew. */
  #age = 0;
  #spreadAge = 0;

  residual(logMs: number): number {
    return (logMs - this.centre) / this.spread;
  }

  /** Follows one reply. `censored`: it takes longer than that. Hot: plain loops over locals. */
  follow(logMs: number, censored: boolean): void {
    this.#age++;
    this.#spreadAge++;
    this.#followSpread(held(this.residual(logMs), censored), logMs);
    const { spread } = this;
    const gain = 1 / (this.#age + GAIN_LAG);
    let weighted = 0;
    for (let i = 0; i < MEMORIES.length; i++) {
      const before = this.#centres[i] as number;
      const residual = held((logMs - before) / spread, censored);
      this.#losses[i] = (this.#losses[i] as number) * LOSS_KEPT + residual * residual;
      const step = Math.max(gain, GAINS[i] as number);
      const centre = before + step * residual * spread;
      this.#centres[i] = centre;
      weighted += (this.#weights[i] as number) * centre;
    }
    this.centre = weighted;
    if (this.#age % WEIGH_EVERY === 0) this.#weigh();
  }

  /** Replies jumped to another level, known from so many of them. */
  jump(centre: number, replies: number): void {
    this.centre = centre;
    this.#centres.fill(centre);
    this.#losses.fill(0);
    this.#weights.fill(1 / MEMORIES.length);
    this.#age = replies;
  }

  /** Starts from all that has been counted, cut-off requests taken as replies. */
  fit(counts: Counts): void {
    const filled = filledBuckets(counts);
    const total = filled.reduce((sum, { count }) => sum + count, 0);
    if (total === 0) return;
    let centre = quantile(filled, 0.5 * total);
    const width = quantile(filled, 0.84 * total) - quantile(filled, 0.16 * total);
    let spread = Math.max(SPREAD_MIN, width / 2);
    for (let round = 0; round < ROUNDS; round++) {
      const { mean, square } = moments(filled, centre, spread);
      centre += (spread * mean) / total;
      spread = Math.max(SPREAD_MIN, spread * Math.sqrt(square / total));
    }
    this.jump(centre, total);
    spread = Math.max(spread, FITTED_SPREAD_MIN);
    this.spread = this.#fastSpread = spread;
    this.#spreadAge = total;
  }

  /** A way back to how it is now. */
  checkpoint(): () => void {
    const { centre, spread } = this;
    const [centres, losses] = [this.#centres.slice(), this.#losses.slice()];
    const weights = this.#weights.slice();
    const [fast, age, spreadAge] = [this.#fastSpread, this.#age, this.#spreadAge];
    return () => {
      this.centre = centre;
      this.spread = spread;
      this.#centres.set(centres);
      this.#losses.set(losses);
      this.#weights.set(weights);
      this.#fastSpread = fast;
      this.#age = age;
      this.#spreadAge = spreadAge;
    };
  }

  #weigh(): void {
    const merits = this.#weights; // takes them over
    for (let i = 0; i < MEMORIES.length; i++) {
      merits[i] = -(this.#losses[i] as number) / 2 - (HANDICAPS[i] as number);
    }
    const best = Math.max(...merits);
    let total = 0;
    for (let i = 0; i < MEMORIES.length; i++) {
      total += merits[i] = Math.exp((merits[i] as number) - best);
    }
    for (let i = 0; i < MEMORIES.length; i++) merits[i] = (merits[i] as number) / total;
  }

  #followSpread(residual: number, logMs: number): void {
    const gain = Math.max(1 / SPREAD_MEMORY, 1 / (this.#spreadAge + SPREAD_LAG));
    this.spread = grown(this.spread, residual, gain);
    const fast = held((logMs - this.centre) / this.#fastSpread, false);
    this.#fastSpread = grown(this.#fastSpread, fast, 1 / SPREAD_MEMORY_FAST);
    const change = this.#fastSpread / this.spread;
    const hasChanged = change > SPREAD_CHANGE || change * SPREAD_CHANGE < 1;
    if (hasChanged && this.#spreadAge > SPREAD_SETTLED) {
      this.spread = this.#fastSpread;
      this.#spreadAge = SPREAD_TAKEN_OVER;
    }
  }
}

function held(residual: number, censored: boolean): number {
  const known = censored ? Math.max(residual, 0) + CENSORED_RESIDUAL : residual;
  return Math.min(RESIDUAL_MAX, Math.max(-RESIDUAL_MAX, known));
}

/** A spread is right when residuals have a mean square of 1: a step towards that. */
function grown(spread: number, residual: number, gain: number): number {
  return Math.max(SPREAD_MIN, spread * (1 + 0.5 * gain * (residual * residual - 1)));
}

interface Filled {
  readonly logMs: number;
  readonly count: number;
}

function filledBuckets({ completed, censored }: Counts): Filled[] {
  const filled: Filled[] = [];
  for (let i = 0; i < BUCKET_COUNT; i++) {
    const count = (completed[i] as number) + (censored[i] as number);
    if (count > 0) filled.push({ logMs: logOfBucket(i), count });
  }
  return filled;
}

/** ln of a duration, held to what histograms can hold. */
export function logOf(durationMs: number): number {
  return Math.log(Math.min(MS_MAX, Math.max(MS_MIN, durationMs)));
}

/** ln of the middle of a bucket, in ms. */
export function logOfBucket(index: number): number {
  return Math.log(Math.max(1, (bucketLow(index) + bucketLow(index + 1) - 1) / 2) / 1000);
}

function quantile(filled: readonly Filled[], rank: number): number {
  let seen = 0;
  for (const { logMs, count } of filled) {
    seen += count;
    if (seen >= rank) return logMs;
  }
  return NaN; // not with a rank within the counts
}

function moments(filled: readonly Filled[], centre: number, spread: number) {
  let mean = 0;
  let square = 0;
  for (const { logMs, count } of filled) {
    const residual = held((logMs - centre) / spread, false);
    mean += count * residual;
    square += count * residual * residual;
  }
  return { mean, square };
}
