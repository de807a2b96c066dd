/** From the words of a command line to an exit code. */
import { show, TardyError, type TardyErrorCode } from '../errors.ts';
import { VERSION } from '../version.ts';
import { type Command, COMMON_OPTIONS, type Context } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { commandHelp, HELP_WIDTH_MAX, overview } from './help.ts';
import type { Io } from './io.ts';
import { lookOf } from './look.ts';
import { parseOptions, suggestion, usageError } from './parse.ts';

const EXIT_OF: Readonly<Record<TardyErrorCode, ExitCode>> = {
  ERR_TARDY_ARGUMENT: EXIT.usage,
  ERR_TARDY_CONFIG: EXIT.usage,
  ERR_TARDY_USAGE: EXIT.usage,
  ERR_TARDY_STATE: EXIT.unreachable,
  ERR_TARDY_UNREACHABLE: EXIT.unreachable,
  ERR_TARDY_CLOCK: EXIT.unreachable,
  ERR_TARDY_LEASE_LOST: EXIT.unreachable,
  ERR_TARDY_FENCED: EXIT.unreachable,
};

/** Runs one command; whatever it throws becomes a line on stderr and a code. */
export async function run(
  words: readonly string[],
  io: Io,
  commands: readonly Command[],
): Promise<ExitCode> {
  const [first, ...rest] = words[0] === 'help' ? asOption(words) : words;
  try {
    if (first === undefined) {
      io.err(overview(commands, helpWidth(io)));
      return EXIT.usage;
    }
    if (first.startsWith('-')) return answer(first, io, commands);
    return await runCommand(commandNamed(first, commands), rest, io);
  } catch (error) {
    return complain(first, error, io, commands);
  }
}

/** `tardy help demo` is `tardy demo --help`. */
function asOption([, command, ...rest]: readonly string[]): readonly string[] {
  return command === undefined ? ['--help'] : [command, '--help', ...rest];
}

/** What `tardy` itself is asked. */
function answer(word: string, io: Io, commands: readonly Command[]): ExitCode {
  if (word === '--version' || word === '-V') {
    io.out(`tardy ${VERSION}\n`);
    return EXIT.ok;
  }
  if (word !== '--help' && word !== '-h') {
    const known = ['--help', '--version'];
    throw usageError(`${show(word)} is no option of tardy itself${suggestion(word, known)}`);
  }
  io.out(overview(commands, helpWidth(io)));
  return EXIT.ok;
}

function commandNamed(name: string, commands: readonly Command[]): Command {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const known = commands.map((command) => command.name);
  throw usageError(`${show(name)} is no command${suggestion(name, known)}`);
}

async function runCommand(command: Command, words: readonly string[], io: Io): Promise<ExitCode> {
  // Asked for help, even a wrong command line gets it.
  if (words.some((word) => word === '--help' || word === '-h')) {
    io.out(commandHelp(command, helpWidth(io)));
    return EXIT.ok;
  }
  const values = parseOptions(words, { ...command.options, ...COMMON_OPTIONS });
  const { color, json } = values as { color: string; json?: unknown };
  const context: Context = { ...io, look: lookOf(color, json === true, io) };
  return command.run(values, context);
}

function complain(
  name: string | undefined,
  error: unknown,
  io: Io,
  commands: readonly Command[],
): ExitCode {
  if (io.signal.aborted) return EXIT.interrupted;
  if (!TardyError.is(error)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    io.err(`tardy: this is a bug in tardy, please report it: ${text}\n`);
    return EXIT.bug;
  }
  const command = commands.find((each) => each.name === name);
  const who = command ? `tardy ${command.name}` : 'tardy';
  io.err(`${who}: ${error.message}\n`);
  const code = EXIT_OF[error.code];
  if (code === EXIT.usage) io.err(`see ${who} --help\n`);
  return code;
}

function helpWidth(io: Io): number {
  return Math.min(HELP_WIDTH_MAX, io.terminal()?.columns ?? HELP_WIDTH_MAX);
}
