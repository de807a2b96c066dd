/**
 * Whether escape sequences may be written, and colours made of them. A word always says the same
 * as its colour does; the colours are told apart with red-green blindness too.
 */
import { styleText } from 'node:util';
import type { Io } from './io.ts';

export type Tone = 'heading' | 'good' | 'doubt' | 'faint' | 'strong';
export type Paint = (tone: Tone, text: string) => string;

export interface Look {
  readonly paint: Paint;
  /** The cursor may be moved: a live table is redrawn in place, else appended. */
  readonly redraws: boolean;
}

const FORMATS = {
  heading: 'bold',
  good: 'cyan',
  doubt: 'yellow',
  faint: 'dim',
  strong: 'bold',
} as const;

export const PLAIN: Paint = (_tone, text) => text;
export const COLOURED: Paint = (tone, text) =>
  styleText(FORMATS[tone], text, { validateStream: false });

/** `color`: what was asked for on the command line. JSON is for programs: never coloured. */
export function lookOf(color: string, json: boolean, io: Pick<Io, 'env' | 'terminal'>): Look {
  const { NO_COLOR, FORCE_COLOR, TERM } = io.env;
  const plain = isSet(NO_COLOR) || TERM === 'dumb' || json;
  const redraws = io.terminal() !== undefined && !plain;
  const forced = isSet(FORCE_COLOR) && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  const auto = redraws || (forced && !plain);
  const coloured = color === 'always' ? !json : color === 'auto' && auto;
  return { paint: coloured ? COLOURED : PLAIN, redraws };
}

/** NO_COLOR and FORCE_COLOR count as absent when empty (no-color.org). */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
