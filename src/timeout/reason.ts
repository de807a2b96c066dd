/** The sentences that go with an advice. */
import { type Evidence, isMixed } from './evidence.ts';
import { samplesNeeded } from './order-statistic.ts';
import type { TimeoutSettings } from './settings.ts';
import type { Advice } from './types.ts';

type Facts = Omit<Advice, 'reason' | 'warnings'>;

/** Requests cut off, as a share of all, from which on they deserve a word. */
const CENSORED_SHARE = 0.02;

/** One sentence that says where the value comes from. */
export function reasonOf(facts: Facts, evidence: Evidence): string {
  const replies = counted(facts.n, 'reply', 'replies');
  const since = `in the last ${duration(evidence.spanMs)}`;
  const level = percent(1 - facts.targetRate);
  const last = evidence.curve ? duration(evidence.curve.lastReplyMs) : '';
  const within = `come within ${duration(facts.value ?? 0)}`;
  switch (facts.basis) {
    case 'insufficient':
      return `only ${replies} so far: too few to say`;
    case 'extrapolated':
      return `${replies} ${since} are too few for ${level}; beyond the slowest, ${last}, the tail is a guess`;
    case 'censored':
      return `${level} of the replies ${within}, by ${replies} ${since}; requests cut off hide the bound`;
    case 'pooled':
      return `${level} of the replies ${within}, by ${replies} over all routes ${since}`;
    case 'measured':
      return `${level} of the replies ${within}, by ${replies} ${since}`;
  }
}

/** What to know before relying on the value. */
export function warningsOf(facts: Facts, evidence: Evidence, settings: TimeoutSettings): string[] {
  const warnings: string[] = [];
  const needed = samplesNeeded(facts.targetRate, facts.confidence);
  if (facts.nEffective < needed && facts.basis !== 'insufficient') {
    warnings.push(
      `a bound at ${percent(facts.confidence)} needs ${counted(needed, 'independent reply', 'independent replies')}; ` +
        `these are worth ${number(facts.nEffective)}`,
    );
  }
  if (facts.nEffective < 0.7 * facts.n) {
    warnings.push(
      `slow replies come in bursts: ${number(facts.n)} are worth ${number(facts.nEffective)}`,
    );
  }
  if (facts.censored > CENSORED_SHARE * (facts.n + facts.censored)) {
    warnings.push(`${requests(facts.censored)} were cut off, or still wait`);
  }
  if (facts.lossRate !== undefined && facts.lossRate > 0) {
    warnings.push(`${percent(facts.lossRate)} of the requests failed and never get a reply`);
  }
  if (evidence.overload) {
    const { arrivalsPerSecond, repliesPerSecond, inFlight } = evidence.overload;
    warnings.unshift(
      `shed load: ${number(arrivalsPerSecond)} requests a second go out, ${number(repliesPerSecond)} are answered, ` +
        `${number(inFlight)} wait; the timeout does not rise, that would lengthen the queue`,
    );
  }
  if (evidence.givenUp > 0) {
    warnings.push(
      `${requests(evidence.givenUp)} given up by others do not count: who gives up is not chosen by chance`,
    );
  }
  if (evidence.model && isMixed(evidence)) {
    warnings.push(
      `replies jumped to another level ${duration(evidence.model.sinceJumpMs)} ago: no bounds until the window is past it`,
    );
  }
  if (evidence.paused > 0) {
    warnings.push(`${requests(evidence.paused)} overlapped pauses of our own process`);
  }
  if (facts.ceilingHit) warnings.push(`the ceiling of ${duration(settings.maxMs)} holds it down`);
  return warnings;
}

/** A share as a percentage with as many digits as it needs: 99.9 %, 0.05 %. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(share > 0.5 ? 6 : 2))} %`;
}

/** A duration for people, two to three digits: 0.21 ms, 84 ms, 1.3 s, 5 min. */
export function duration(ms: number): string {
  if (ms < 1) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toPrecision(3))} s`;
  return `${Number((ms / 60_000).toPrecision(3))} min`;
}

function requests(n: number): string {
  return counted(n, 'request', 'requests');
}

function counted(n: number, one: string, many: string): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

function number(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}
