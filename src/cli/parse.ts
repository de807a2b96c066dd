/** From words to the values of a command's options, over `node:util` parseArgs. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { closest } from '../closest.ts';
import { show, TardyError } from '../errors.ts';
import type { NumberOption, Option, Options, TextOption, Values } from './command.ts';

type Value = string | number | boolean | undefined;
type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

/** Throws ERR_TARDY_USAGE that names the word in question and what is taken in its place. */
export function parseOptions<O extends Options>(words: readonly string[], options: O): Values<O> {
  const values = new Map<string, Value>(
    Object.entries(options).map(([name, option]) => [name, defaultOf(option)]),
  );
  for (const token of tokensOf(words, options)) {
    if (token.kind === 'positional') {
      throw usageError(`${show(token.value)} is not expected here: values are given to options`);
    }
    if (token.kind === 'option') values.set(token.name, valueOf(token, options));
  }
  return Object.fromEntries(values) as Values<O>;
}

export function usageError(message: string): TardyError {
  return new TardyError('ERR_TARDY_USAGE', message);
}

/** ` (did you mean X?)`, or what there is if nothing is like it. */
export function suggestion(word: string, known: readonly string[]): string {
  const like = closest(word, known);
  return like === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${like}?`;
}

/** Not strict: strict errors are Node's own texts, without a suggestion. */
function tokensOf(words: readonly string[], options: Options): readonly Token[] {
  const config: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(options).map(([name, { type, short }]) => [
      name,
      { type: type === 'flag' ? 'boolean' : 'string', ...(short ? { short } : {}) } as const,
    ]),
  );
  const args = [...words];
  return parseArgs({ args, options: config, strict: false, tokens: true }).tokens;
}

function defaultOf(option: Option): Value {
  return option.type === 'flag' ? false : option.byDefault;
}

function valueOf({ name, rawName, value, inlineValue }: OptionToken, options: Options): Value {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) {
    const known = Object.keys(options).map((each) => `--${each}`);
    throw usageError(`${show(rawName)} is no option${suggestion(rawName, known)}`);
  }
  if (option.type === 'flag') {
    if (value === undefined) return true;
    throw usageError(`${rawName} takes no value; got ${show(value)}`);
  }
  // parseArgs would take the next option for the value.
  if (value === undefined || (!inlineValue && /^-\D/.test(value))) {
    throw usageError(`${rawName} needs a value: ${rawName} ${option.value}`);
  }
  return option.type === 'number'
    ? numberFrom(rawName, value, option)
    : textFrom(rawName, value, option);
}

function textFrom(name: string, value: string, { choices }: TextOption): string {
  if (value === '') throw usageError(`${name} must not be empty`);
  if (choices && !choices.includes(value)) {
    throw usageError(`${name} must be one of ${choices.join(', ')}; got ${show(value)}`);
  }
  return value;
}

function numberFrom(name: string, text: string, option: NumberOption): number {
  const { min, max, integer = false } = option;
  const number = text.trim() === '' ? NaN : Number(text);
  const fits = number >= min && number <= max && (!integer || Number.isInteger(number));
  if (fits) return number;
  const kind = integer ? 'a whole number' : 'a number';
  throw usageError(`${name} must be ${kind} from ${min} to ${max}; got ${show(text)}`);
}
