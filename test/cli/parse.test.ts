import { describe, expect, it } from 'vitest';
import type { Options } from '../../src/cli/command.ts';
import { parseOptions, suggestion } from '../../src/cli/parse.ts';

const OPTIONS = {
  verbose: { type: 'flag', short: 'v', help: '' },
  json: { type: 'flag', help: '' },
  peer: { type: 'text', value: 'HOST:PORT', help: '' },
  color: {
    type: 'text',
    value: 'WHEN',
    choices: ['auto', 'never'],
    byDefault: 'auto',
    help: '',
  },
  port: { type: 'number', value: 'PORT', min: 0, max: 65_535, integer: true, help: '' },
  rate: { type: 'number', value: 'RATE', min: -1, max: 1, byDefault: 0.5, help: '' },
} as const satisfies Options;

describe('parseOptions', () => {
  it('gives defaults, false for flags, undefined for the rest', () => {
    expect(parseOptions([], OPTIONS)).toEqual({
      ...{ verbose: false, json: false, peer: undefined },
      ...{ color: 'auto', port: undefined, rate: 0.5 },
    });
  });

  it('takes a value behind a blank or an equals sign, and short flags', () => {
    const values = parseOptions(['--peer', 'a:1', '--port=80', '-v', '--rate', '-0.5'], OPTIONS);
    expect(values).toMatchObject({ peer: 'a:1', port: 80, verbose: true, json: false, rate: -0.5 });
  });

  it('takes a value that begins with a dash behind an equals sign', () => {
    expect(parseOptions(['--peer=-a:1'], OPTIONS).peer).toBe('-a:1');
  });

  it('takes the last of several', () => {
    expect(parseOptions(['--port=1', '--port=2'], OPTIONS).port).toBe(2);
  });

  it.each([
    [['--jsn'], '"--jsn" is no option; did you mean --json?'],
    [['--zzzzzzzz'], '"--zzzzzzzz" is no option; known are --verbose, --json, --peer'],
    [['-x'], '"-x" is no option'],
    [['--constructor'], '"--constructor" is no option'],
    [['--json=yes'], '--json takes no value; got "yes"'],
    [['--peer'], '--peer needs a value: --peer HOST:PORT'],
    [['--peer', '--json'], '--peer needs a value: --peer HOST:PORT'],
    [['--peer='], '--peer must not be empty'],
    [['--color', 'red'], '--color must be one of auto, never; got "red"'],
    [['--port', 'http'], '--port must be a whole number from 0 to 65535; got "http"'],
    [['--port', '70000'], '--port must be a whole number from 0 to 65535; got "70000"'],
    [['--port', '1.5'], '--port must be a whole number from 0 to 65535; got "1.5"'],
    [['--port', ' '], '--port must be a whole number from 0 to 65535; got " "'],
    [['--rate', 'NaN'], '--rate must be a number from -1 to 1; got "NaN"'],
    [['stray'], '"stray" is not expected here: values are given to options'],
    [['--', '--json'], '"--json" is not expected here: values are given to options'],
  ])('refuses %j', (words, message) => {
    const parsed = () => parseOptions(words, OPTIONS);
    expect(parsed).toThrow(expect.objectContaining({ code: 'ERR_TARDY_USAGE' }));
    expect(parsed).toThrow(message);
  });
});

describe('suggestion', () => {
  it('names what is nearest, else all there is', () => {
    expect(suggestion('advize', ['advise', 'demo'])).toBe('; did you mean advise?');
    expect(suggestion('quux', ['advise', 'demo'])).toBe('; known are advise, demo');
  });
});
