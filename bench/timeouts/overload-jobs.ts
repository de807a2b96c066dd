/**
 * A service that gets more work than it can do, and callers that give up. Arrivals do not depend
 * on replies: nobody waits for one before the next request.
 */
import { randomFrom } from '../../test/support/random.ts';
import { EndQueue } from './end-queue.ts';
import {
  type AbandonedWork,
  CAPACITY_PER_SECOND,
  Service,
  SERVICE_MS,
} from './overloaded-service.ts';
import { reversals } from './reversals.ts';
import { CEILING_MS, type Rule } from './rule.ts';
import { makerOf } from './rules.ts';
import { fixed } from './rivals/fixed.ts';

/** A refusal takes so long. */
const REFUSED_MS = 1;
const CALM = { share: 0.7, ms: 330_000 };
const OVERLOADED = { share: 1.2, ms: 600_000 };
/** A reply is of use to the caller's caller for so long. */
export const PATIENCE_MS = 5000;
const LOOK_MS = 1000;
const REVERSAL_FACTOR = 2;

export interface OverloadJob {
  /** Name of a rule, or a fixed timeout in ms. */
  readonly rule: string | number;
  readonly abandoned: AbandonedWork;
  readonly seed: number;
  readonly targetRate: number;
}

export interface Overload {
  readonly rule: string | number;
  readonly abandoned: AbandonedWork;
  /** Replies in time for the caller and its caller, a second. */
  readonly goodput: number;
  readonly maxArmedMs: number;
  readonly meanArmedMs: number;
  /** Turns of the armed timeout by more than ×2, a minute. */
  readonly reversalsPerMinute: number;
  /** Share of requests that the queue refused. */
  readonly refused: number;
}

export function underOverload({ rule, abandoned, seed, targetRate }: OverloadJob): Overload {
  const maker = typeof rule === 'number' ? fixed(rule) : makerOf(rule);
  const random = randomFrom(seed);
  const service = new Service(abandoned);
  const callers = new Callers(maker.make({ targetRate, seed }));
  const endMs = CALM.ms + OVERLOADED.ms;
  let good = 0;
  let refused = 0;
  let arrived = 0;
  const armed = { total: 0, max: 0 };
  const looks: number[] = [];
  for (let nowMs = 0; ;) {
    const overloaded = nowMs >= CALM.ms;
    const { share } = overloaded ? OVERLOADED : CALM;
    nowMs += random.exponential(1000 / (share * CAPACITY_PER_SECOND));
    if (nowMs >= endMs) break;
    const armedMs = callers.arm(nowMs);
    const rttMs = service.serve(nowMs, armedMs, random.exponential(SERVICE_MS));
    callers.start(nowMs, armedMs, rttMs);
    if (!overloaded) continue;
    arrived++;
    if (rttMs === undefined) refused++;
    else if (rttMs <= Math.min(armedMs, PATIENCE_MS)) good++;
    armed.total += armedMs;
    armed.max = Math.max(armed.max, armedMs);
    if (nowMs >= CALM.ms + looks.length * LOOK_MS) looks.push(armedMs);
  }
  const minutes = OVERLOADED.ms / 60_000;
  return {
    rule,
    abandoned,
    goodput: (good * 1000) / OVERLOADED.ms,
    maxArmedMs: armed.max,
    meanArmedMs: armed.total / arrived,
    reversalsPerMinute: reversals(looks, REVERSAL_FACTOR) / minutes,
    refused: refused / arrived,
  };
}

/** Those who ask the rule, and tell it. */
class Callers {
  readonly #rule: Rule;
  readonly #rttsMs: Float64Array;
  readonly #armedMs: Float64Array;
  readonly #ends: EndQueue;
  #next = 0;

  constructor(rule: Rule) {
    const most = Math.ceil((CAPACITY_PER_SECOND * 1.3 * (CALM.ms + OVERLOADED.ms)) / 1000);
    this.#rule = rule;
    this.#rttsMs = new Float64Array(most);
    this.#armedMs = new Float64Array(most);
    this.#ends = new EndQueue(rule, this.#rttsMs, this.#armedMs);
  }

  arm(nowMs: number): number {
    this.#ends.endUntil(nowMs);
    return Math.min(this.#rule.timeoutMs(nowMs), CEILING_MS);
  }

  start(nowMs: number, armedMs: number, rttMs: number | undefined): void {
    if (rttMs === undefined) {
      const refusal = {
        atMs: nowMs + REFUSED_MS,
        durationMs: REFUSED_MS,
        outcome: 'failed',
      } as const;
      this.#rule.observe({ ...refusal, armedMs });
      return;
    }
    const request = this.#next++;
    this.#rttsMs[request] = rttMs;
    this.#armedMs[request] = armedMs;
    this.#ends.start(request, nowMs, nowMs + Math.min(rttMs, armedMs));
  }
}
