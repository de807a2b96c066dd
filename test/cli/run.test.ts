import { describe, expect, it } from 'vitest';
import { type Command, defineCommand } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { TardyError, type TardyErrorCode } from '../../src/errors.ts';
import { VERSION } from '../../src/version.ts';
import { tardy } from './support.ts';

/** A command that does what a test wants. */
function probe(run: Command['run']): readonly Command[] {
  const options = { json: { type: 'flag', help: 'JSON' } } as const;
  return [
    defineCommand({ name: 'probe', summary: 'a probe', usage: '', examples: [], options, run }),
  ];
}

function failing(error: Error): readonly Command[] {
  return probe(() => Promise.reject(error));
}

describe('tardy', () => {
  it('prints its version', async () => {
    expect(await tardy(['--version'])).toEqual({ code: 0, out: `tardy ${VERSION}\n`, err: '' });
  });

  it('prints help on stdout when asked for', async () => {
    const { code, out, err } = await tardy(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expect(out).toMatchFileSnapshot('golden/help.txt');
    expect(await tardy(['help'])).toMatchObject({ code: 0, out });
    expect(await tardy(['-h'])).toMatchObject({ code: 0, out });
  });

  it('prints help on stderr when nothing was asked for, which is wrong usage', async () => {
    const { out } = await tardy(['--help']);
    expect(await tardy([])).toEqual({ code: 2, out: '', err: out });
  });

  it.each(COMMANDS.map(({ name }) => name))('prints help for %s, examples first', async (name) => {
    const { code, out, err } = await tardy([name, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expect(out).toMatchFileSnapshot(`golden/help-${name}.txt`);
    expect(await tardy(['help', name])).toMatchObject({ code: 0, out });
    expect(await tardy([name, '--wrong', '-h'])).toMatchObject({ code: 0, out });
  });

  it('keeps help within a narrow terminal', async () => {
    const terminal = { columns: 50, rows: 24 };
    const { out } = await tardy(['demo', '--help'], { terminal });
    const examples = out.split('\n').filter((line) => line.startsWith('  tardy '));
    const others = out.split('\n').filter((line) => !examples.includes(line));
    expect(Math.max(...others.map((line) => line.length))).toBeLessThanOrEqual(50);
  });

  it.each([
    [['advize'], 'tardy: "advize" is no command; did you mean advise?\nsee tardy --help\n'],
    [['frobnicate'], 'tardy: "frobnicate" is no command; known are advise, notify, demo'],
    [['--verison'], 'tardy: "--verison" is no option of tardy itself; did you mean --version?'],
    [['advise', '--jsn'], 'tardy advise: "--jsn" is no option; did you mean --json?\nsee tardy'],
    [['demo', '--port', '-1'], 'tardy demo: --port must be a whole number from 0 to 65535'],
    [['demo', '3000'], 'tardy demo: "3000" is not expected here'],
  ])('refuses %j', async (words, message) => {
    const { code, out, err } = await tardy(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it('hands on the exit code of a command', async () => {
    const commands = probe(() => Promise.resolve(1));
    expect(await tardy(['probe'], { commands })).toEqual({ code: 1, out: '', err: '' });
  });

  it.each<[TardyErrorCode, number]>([
    ['ERR_TARDY_USAGE', 2],
    ['ERR_TARDY_CONFIG', 2],
    ['ERR_TARDY_ARGUMENT', 2],
    ['ERR_TARDY_STATE', 3],
    ['ERR_TARDY_UNREACHABLE', 3],
  ])('turns %s into exit code %d and a line', async (code, exit) => {
    const commands = failing(new TardyError(code, 'it went wrong'));
    const ran = await tardy(['probe'], { commands });
    expect(ran.code).toBe(exit);
    expect(ran.err).toContain('tardy probe: it went wrong\n');
  });

  it('shows where a bug is', async () => {
    const { code, err } = await tardy(['probe'], { commands: failing(new Error('oops')) });
    expect(code).toBe(70);
    expect(err).toMatch(/bug in tardy.*oops[^]*run\.test\.ts/);
  });

  it('is quiet after Ctrl-C', async () => {
    const world = { commands: failing(new Error('aborted')), signal: AbortSignal.abort() };
    expect(await tardy(['probe'], world)).toEqual({ code: 130, out: '', err: '' });
  });

  it('gives a command its look', async () => {
    const terminal = { columns: 80, rows: 24 };
    const commands = probe((_, { out, look }) => {
      out(look.paint('good', 'x'));
      return Promise.resolve(0);
    });
    expect((await tardy(['probe'], { commands, terminal })).out).toBe('\x1b[36mx\x1b[39m');
    expect((await tardy(['probe', '--json'], { commands, terminal })).out).toBe('x');
  });
});
