/**
 * What a subcommand is: one row of the table in `commands.ts`. Parsing, help, suggestions and
 * checks are made from the row, so a new command is a file and a row.
 */
import type { ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';
import type { Look } from './look.ts';

interface OptionBase {
  readonly help: string;
  /** One letter. */
  readonly short?: string;
  /** The default in words, where it is no constant. */
  readonly defaultText?: string;
}

/** `--json`: there or not. */
export interface FlagOption extends OptionBase {
  readonly type: 'flag';
}

/** `--peer HOST:PORT`. */
export interface TextOption extends OptionBase {
  readonly type: 'text';
  /** What stands for the value in help texts. */
  readonly value: string;
  readonly byDefault?: string;
  /** Nothing else is taken. */
  readonly choices?: readonly string[];
}

/** `--duration SECONDS`, in [min, max]. */
export interface NumberOption extends OptionBase {
  readonly type: 'number';
  readonly value: string;
  readonly byDefault?: number;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
}

export type Option = FlagOption | TextOption | NumberOption;
export type Options = Readonly<Record<string, Option>>;

type Given<O, T> = O extends { readonly byDefault: T } ? T : T | undefined;
type ValueOf<O> = O extends FlagOption
  ? boolean
  : O extends NumberOption
    ? Given<O, number>
    : Given<O, string>;

/** The options of a command as it gets them: a value is undefined if it was not given. */
export type Values<O extends Options> = { readonly [Name in keyof O]: ValueOf<O[Name]> };

/** The world, and how to write to it: colours or none, redrawing or appending. */
export interface Context extends Io {
  readonly look: Look;
}

export interface Example {
  readonly line: string;
  readonly does: string;
}

export interface CommandOf<O extends Options> {
  readonly name: string;
  /** What for, in a few words. */
  readonly summary: string;
  /** What stands behind the name: `[--url URL | --state FILE]`. */
  readonly usage: string;
  readonly examples: readonly Example[];
  readonly options: O;
  /** Whatever else a reader of its help must know. */
  readonly notes?: readonly string[];
  run(values: Values<O>, context: Context): Promise<ExitCode>;
}

export type Command = CommandOf<Options>;

/** Checks a command against its own options, then forgets which they are. */
export function defineCommand<const O extends Options>(command: CommandOf<O>): Command {
  return command;
}

/** Options of every command. */
export const COMMON_OPTIONS = {
  color: {
    type: 'text',
    value: 'WHEN',
    choices: ['auto', 'always', 'never'],
    byDefault: 'auto',
    help: 'colours: auto is on a terminal, unless NO_COLOR or TERM=dumb',
  },
  help: { type: 'flag', short: 'h', help: 'this text' },
} as const satisfies Options;
