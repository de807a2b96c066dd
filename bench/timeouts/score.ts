/** How well the timeouts that were armed fit the stream they were armed on. */
import { binomialBand } from './binomial.ts';
import type { StreamData } from './streams.ts';

/** Nothing is counted of the first requests: a rule may learn. Fresh keys have a row of their own. */
export const WARM_UP = 1000;
/** Requests of a block, of which the worst is told. */
export const BLOCK = 10_000;
const DECILES = 10;

export interface Deciles {
  /** Achieved / target in the decile of the armed timeout where it is smallest, and largest. */
  readonly min: number;
  readonly max: number;
  readonly minCutOff: number;
  readonly maxCutOff: number;
  /** Where the min and the max of a perfect rule lie with 95 % probability. */
  readonly band: readonly [number, number];
}

export interface Score {
  readonly requests: number;
  /** Requests whose reply came later than the timeout. */
  readonly rejected: number;
  /** Share of them / target. */
  readonly achieved: number;
  readonly meanArmedMs: number;
  /** The constant that cuts off as many of the same requests. */
  readonly hindsightMs: number;
  /** Mean armed timeout / that constant. */
  readonly price: number;
  readonly deciles: Deciles;
  /** Pinball loss / that of the true quantile of each regime; undefined if that is not known. */
  readonly pinball: number | undefined;
  /** Achieved / target in the worst block. */
  readonly worstBlock: number;
}

/** Scores rules on one stream for one target. */
export class Scorer {
  readonly #rttsMs: Float64Array;
  readonly #sortedMs: Float64Array;
  readonly #target: number;
  readonly #oracleLoss: number | undefined;

  constructor({ rttsMs, oracleMs }: StreamData, targetRate: number) {
    this.#rttsMs = rttsMs.subarray(WARM_UP);
    this.#sortedMs = this.#rttsMs.slice().sort();
    this.#target = targetRate;
    const oracle = oracleMs?.(targetRate).subarray(WARM_UP);
    this.#oracleLoss = oracle && this.#pinballLoss(oracle);
  }

  /** `allArmedMs`: of each request of the stream, from the first. */
  score(allArmedMs: Float64Array): Score {
    const armedMs = allArmedMs.subarray(WARM_UP);
    const requests = armedMs.length;
    const cutOff = armedMs.map((armed, i) => ((this.#rttsMs[i] as number) > armed ? 1 : 0));
    const rejected = total(cutOff);
    const meanArmedMs = total(armedMs) / requests;
    const hindsightMs = this.#sortedMs[Math.max(0, requests - 1 - rejected)] as number;
    const loss = this.#oracleLoss;
    return {
      requests,
      rejected,
      achieved: rejected / requests / this.#target,
      meanArmedMs,
      hindsightMs,
      price: meanArmedMs / hindsightMs,
      deciles: decilesOf(armedMs, cutOff, this.#target),
      pinball: loss === undefined ? undefined : this.#pinballLoss(armedMs) / loss,
      worstBlock: worstBlock(cutOff, this.#target),
    };
  }

  /** Koenker's check function at quantile 1 − p: what it costs to be too short and too long. */
  #pinballLoss(armedMs: Float64Array): number {
    let loss = 0;
    for (let i = 0; i < armedMs.length; i++) {
      const lateMs = (this.#rttsMs[i] as number) - (armedMs[i] as number);
      loss += lateMs > 0 ? (1 - this.#target) * lateMs : -this.#target * lateMs;
    }
    return loss;
  }
}

function decilesOf(armedMs: Float64Array, cutOff: Float64Array, target: number): Deciles {
  const cells = cellsOf(armedMs, cutOff);
  const rates = cells.map(({ requests, cutOff }) => cutOff / requests / target);
  const min = Math.min(...rates);
  const max = Math.max(...rates);
  return {
    min,
    max,
    minCutOff: cells[rates.indexOf(min)]?.cutOff ?? 0,
    maxCutOff: cells[rates.indexOf(max)]?.cutOff ?? 0,
    band: binomialBand(Math.round(armedMs.length / cells.length), target, cells.length),
  };
}

interface Cell {
  requests: number;
  cutOff: number;
}

/**
 * Requests by decile of what was armed. A rule that arms the same for many has fewer, larger
 * cells; one too small to tell anything joins the next.
 */
function cellsOf(armedMs: Float64Array, cutOff: Float64Array): Cell[] {
  const sorted = armedMs.slice().sort();
  const bounds = Array.from(
    { length: DECILES - 1 },
    (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / DECILES)] as number,
  );
  const deciles = Array.from({ length: DECILES }, (): Cell => ({ requests: 0, cutOff: 0 }));
  for (let i = 0; i < armedMs.length; i++) {
    let k = 0;
    while (k < bounds.length && (armedMs[i] as number) >= (bounds[k] as number)) k++;
    const decile = deciles[k] as Cell;
    decile.requests++;
    decile.cutOff += cutOff[i] as number;
  }
  return joinSmall(deciles, armedMs.length / DECILES / 2);
}

function joinSmall(cells: readonly Cell[], least: number): Cell[] {
  const joined: Cell[] = [];
  for (const cell of cells) {
    const last = joined.at(-1);
    if (last && (last.requests < least || cell.requests < least)) {
      last.requests += cell.requests;
      last.cutOff += cell.cutOff;
    } else joined.push({ ...cell });
  }
  return joined;
}

function worstBlock(cutOff: Float64Array, target: number): number {
  let worst = 0;
  for (let from = 0; from + BLOCK <= cutOff.length; from += BLOCK) {
    worst = Math.max(worst, total(cutOff.subarray(from, from + BLOCK)));
  }
  return worst / BLOCK / target;
}

function total(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}
