/** A state for people: a glyph and the word, so that neither colour nor glyph alone tells it. */
import type { PeerState } from '../../membership/types.ts';
import type { Tone } from '../look.ts';

/** ASCII, as everything in tables; different in shape, not only in weight. */
const GLYPHS: Readonly<Record<PeerState, string>> = {
  unknown: '?',
  alive: '+',
  slow: '~',
  stalled: '=',
  suspect: '!',
  disputed: '%',
  dead: 'x',
  left: '-',
  'clock-out': '@',
};

export function stateMark(state: PeerState): string {
  return `${GLYPHS[state]} ${state}`;
}

export function stateTone(state: PeerState): Tone {
  if (state === 'alive') return 'good';
  return state === 'unknown' || state === 'left' ? 'faint' : 'doubt';
}
