import { describe, expect, it } from 'vitest';
import type { Environment, TerminalSize } from '../../src/cli/io.ts';
import { lookOf } from '../../src/cli/look.ts';

const TTY: TerminalSize = { columns: 80, rows: 24 };

interface Given {
  readonly color?: string;
  readonly json?: boolean;
  readonly env?: Environment;
  readonly tty?: boolean;
}

function look({ color = 'auto', json = false, env = {}, tty = true }: Given) {
  const { paint, redraws } = lookOf(color, json, { env, terminal: () => (tty ? TTY : undefined) });
  return { coloured: paint('good', 'x') !== 'x', redraws };
}

const PLAIN = { coloured: false, redraws: false };

describe('the look', () => {
  it.each<[string, Given, object]>([
    ['a terminal', {}, { coloured: true, redraws: true }],
    ['a pipe', { tty: false }, PLAIN],
    ['JSON', { json: true }, PLAIN],
    ['JSON, whatever is asked for', { json: true, color: 'always' }, PLAIN],
    ['NO_COLOR', { env: { NO_COLOR: '1' } }, PLAIN],
    ['an empty NO_COLOR', { env: { NO_COLOR: '' } }, { coloured: true, redraws: true }],
    ['TERM=dumb', { env: { TERM: 'dumb' } }, PLAIN],
    ['--color=never', { color: 'never' }, { coloured: false, redraws: true }],
    [
      '--color=always in a pipe',
      { color: 'always', tty: false },
      { coloured: true, redraws: false },
    ],
    [
      '--color=always over NO_COLOR',
      { color: 'always', env: { NO_COLOR: '1' } },
      { coloured: true, redraws: false },
    ],
    [
      'FORCE_COLOR in a pipe',
      { tty: false, env: { FORCE_COLOR: '1' } },
      { coloured: true, redraws: false },
    ],
    ['FORCE_COLOR=0 in a pipe', { tty: false, env: { FORCE_COLOR: '0' } }, PLAIN],
    ['NO_COLOR over FORCE_COLOR', { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, PLAIN],
  ])('of %s', (_, given, expected) => {
    expect(look(given)).toEqual(expected);
  });
});
