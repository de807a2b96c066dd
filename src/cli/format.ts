/** Numbers of a report for people, with their unit; blank where there is no data. */
import type { AdviceEntry } from '../report.ts';
import { duration } from '../timeout/reason.ts';
import type { Tone } from './look.ts';
import { indented, printable } from './text.ts';

export function milliseconds(ms: number | undefined): string {
  return ms === undefined ? '' : duration(ms);
}

export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** `4.6..5.2 ms`, `84 ms..1.3 s`, `> 4.6 ms` where no upper bound is claimed. */
export function range({ lowerBoundMs, upperBoundMs }: AdviceEntry): string {
  if (lowerBoundMs === undefined) {
    return upperBoundMs === undefined ? '' : `< ${duration(upperBoundMs)}`;
  }
  if (upperBoundMs === undefined) return `> ${duration(lowerBoundMs)}`;
  const [low, lowUnit] = duration(lowerBoundMs).split(' ');
  const [high, highUnit] = duration(upperBoundMs).split(' ');
  return lowUnit === highUnit
    ? `${low}..${high} ${highUnit}`
    : `${low} ${lowUnit}..${high} ${highUnit}`;
}

export function bracketed(text: string): string {
  return text === '' ? '' : `(${text})`;
}

/** Green is not among them: the colours only repeat the word. */
export function basisTone({ basis }: AdviceEntry): Tone {
  if (basis === 'measured' || basis === 'pooled') return 'good';
  return basis === 'insufficient' ? 'faint' : 'doubt';
}

/** The sentences of an advice, to stand under its row. */
export function explanation(advice: AdviceEntry, width: number): string[] {
  return [
    ...indented(printable(advice.reason), width, '    '),
    ...advice.warnings.flatMap((text) => indented(printable(text), width, '      ', '    ! ')),
  ];
}
