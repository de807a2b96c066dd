/** One stream, one target, all rules: what a worker thread does. */
import { closedLoop } from './closed-loop.ts';
import { RULES } from './rules.ts';
import { Scorer, type Score } from './score.ts';
import { STREAMS } from './streams.ts';

/** Arms the true quantile of the regime, where it is known: what nobody can know. */
export const ORACLE = 'oracle';

export interface Job {
  readonly stream: string;
  readonly targetRate: number;
  readonly rules: readonly string[];
  readonly seed: number;
  readonly requests: number;
}

/** What one rule made of one stream. */
export interface Outcome {
  readonly stream: string;
  readonly targetRate: number;
  readonly rule: string;
  readonly score: Score;
  /** What a request cost, the simulation included, in ns. */
  readonly nsPerRequest: number;
}

export function simulate({ stream, targetRate, rules, seed, requests }: Job): Outcome[] {
  const at = STREAMS.findIndex(({ name }) => name === stream);
  const data = STREAMS[at]?.generate(seed + at, requests);
  if (!data || data.rttsMs.length === 0) return [];
  const scorer = new Scorer(data, targetRate);
  const armedByOracle = rules.includes(ORACLE) ? data.oracleMs?.(targetRate) : undefined;
  const oracle = armedByOracle && {
    ...{ stream, targetRate, rule: ORACLE, nsPerRequest: NaN },
    score: scorer.score(armedByOracle),
  };
  const outcomes = RULES.filter(({ name }) => rules.includes(name)).map((maker) => {
    const startMs = performance.now();
    const armedMs = closedLoop(maker.make({ targetRate, seed }), data);
    const nsPerRequest = ((performance.now() - startMs) * 1e6) / requests;
    return { stream, targetRate, rule: maker.name, score: scorer.score(armedMs), nsPerRequest };
  });
  return oracle ? [...outcomes, oracle] : outcomes;
}
