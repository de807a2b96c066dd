/** Help texts, made from the table of commands. Examples first: most readers copy one. */
import { type Command, COMMON_OPTIONS, type Option, type Options } from './command.ts';
import { EXIT_CODE_HELP } from './exit-code.ts';
import { indented } from './text.ts';

/** Lines stay below this even on wide terminals: long ones are hard to read. */
export const HELP_WIDTH_MAX = 80;

const WHAT_FOR = 'is that node dead, or just late? Measures round trips and recommends timeouts.';

type Pair = readonly [left: string, right: string];

export function overview(commands: readonly Command[], width: number): string {
  const summaries = commands.map(({ name, summary }): Pair => [name, summary]);
  const first = commands.flatMap(({ examples }) => examples.slice(0, 1));
  return page([
    indented(`tardy: ${WHAT_FOR}`, width, ''),
    ['Examples', ...pairs(examplePairs(first), width)],
    ['Commands', ...pairs(summaries, width)],
    [
      'Options',
      ...pairs(
        [
          ['--help', 'this text; `tardy <command> --help` for one command'],
          ['--version', 'version of tardy'],
        ],
        width,
      ),
    ],
    ['Exit codes', ...indented(EXIT_CODE_HELP, width, '  ')],
  ]);
}

export function commandHelp(command: Command, width: number): string {
  const { name, summary, usage, examples, options, notes = [] } = command;
  return page([
    indented(`tardy ${name}: ${summary}`, width, ''),
    ['Examples', ...pairs(examplePairs(examples), width)],
    ['Usage', ...indented(`tardy ${name} ${usage}`, width, '      ', '  ')],
    ['Options', ...pairs(optionPairs({ ...options, ...COMMON_OPTIONS }), width)],
    ...notes.map((note) => indented(note, width, '')),
    ['Exit codes', ...indented(EXIT_CODE_HELP, width, '  ')],
  ]);
}

function examplePairs(examples: readonly { line: string; does: string }[]): Pair[] {
  return examples.map(({ line, does }) => [line, does]);
}

function optionPairs(options: Options): Pair[] {
  return Object.entries(options).map(([name, option]) => [
    optionName(name, option),
    option.help + defaultOf(option),
  ]);
}

function optionName(name: string, option: Option): string {
  const short = option.short ? `-${option.short}, ` : '';
  return `${short}--${name}${option.type === 'flag' ? '' : ` ${option.value}`}`;
}

function defaultOf(option: Option): string {
  const constant = option.type === 'flag' ? undefined : option.byDefault;
  const text = option.defaultText ?? constant;
  return text === undefined ? '' : ` (default: ${text})`;
}

/** Two columns; the right one wraps, and begins below where the left one leaves no room. */
function pairs(rows: readonly Pair[], width: number): string[] {
  const left = Math.max(...rows.map(([text]) => text.length)) + 4;
  if (left > width / 2) {
    return rows.flatMap(([text, right]) => [`  ${text}`, ...indented(right, width, '      ')]);
  }
  return rows.flatMap(([text, right]) =>
    indented(right, width, ' '.repeat(left), `  ${text}`.padEnd(left)),
  );
}

function page(sections: readonly (readonly string[])[]): string {
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
