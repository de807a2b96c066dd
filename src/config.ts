/**
 * Every setting, once: its name as an option, its name in the environment, its range, default and
 * meaning. Options and environment go through the same schema; what is unknown or out of range is
 * refused by name, with the value that was given and what is allowed.
 */
import { z } from 'zod';
import { closest } from './closest.ts';
import { MAX_DRIFT_PPM } from './clock/offset-estimator.ts';
import { MAX_OFFSET_MS } from './membership/peer-clocks.ts';
import { SUSPECT_PHI } from './detector/phi-accrual.ts';
import { TardyError, show } from './errors.ts';
import { MODES } from './peers/policy.ts';
import { TIMEOUT_DEFAULTS } from './timeout/settings.ts';

/** A number, or text that is one: not `true`, a list or a date, which would pass for numbers. */
const number = (type: z.ZodNumber) =>
  z.preprocess(
    (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
    type,
  );
const ms = () => number(z.number().positive().max(86_400_000));
const count = (max: number) => number(z.number().int().positive().max(max));
const flag = () =>
  z.union([
    z.boolean(),
    z.stringbool({ truthy: ['true', '1', 'on'], falsy: ['false', '0', 'off'] }),
  ]);
/** A list, or text with commas; empty entries are nothing, or they would stand for everything. */
const list = () =>
  z
    .union([z.array(z.string()), z.string().transform((text) => text.split(','))])
    .transform((entries) => entries.map((entry) => entry.trim()).filter((entry) => entry !== ''));

/** What holds for some peers and routes, as a list or as JSON text. */
const rules = () =>
  z.preprocess(
    (value) => (typeof value === 'string' ? parsed(value) : value),
    z.array(
      z.strictObject({
        peer: z.string().min(1).optional(),
        route: z.string().min(1).optional(),
        mode: z.enum(MODES).optional(),
        targetRate: z.number().gt(0).max(0.5).optional(),
        minMs: z.number().positive().optional(),
        maxMs: z.number().positive().optional(),
        configuredMs: z.number().positive().optional(),
      }),
    ),
  );

/** What is no JSON is refused as what it is: text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Settings that start from another point; what is set besides wins. */
export const PRESETS = {
  /** One machine or one rack: replies within milliseconds. */
  local: { initialMs: 1000, maxMs: 10_000, windowMs: 120_000 },
  /** One data centre. */
  lan: { initialMs: 5000, maxMs: 30_000 },
  /** Across regions or the internet. */
  wan: { initialMs: 15_000, maxMs: 120_000, windowMs: 900_000 },
} as const;

const shape = {
  enabled: flag().default(true).describe('false: measure nothing'),
  preset: z
    .enum(['local', 'lan', 'wan'])
    .optional()
    .describe('start from settings for one machine, one data centre, or across regions'),
  targetRate: number(z.number().gt(0).max(0.5))
    .default(TIMEOUT_DEFAULTS.targetRate)
    .describe('share of live replies that a timeout may cut off'),
  minMs: ms().default(TIMEOUT_DEFAULTS.minMs).describe('never advise less, in ms'),
  maxMs: ms().default(TIMEOUT_DEFAULTS.maxMs).describe('never advise more, in ms'),
  initialMs: ms()
    .default(TIMEOUT_DEFAULTS.initialMs)
    .describe('timeout before there are data, in ms'),
  windowMs: ms().default(TIMEOUT_DEFAULTS.windowMs).describe('how far back advice looks, in ms'),
  enforce: flag().default(false).describe('apply the advice to every call of the built-in fetch'),
  mode: z
    .enum(MODES)
    .default('enforce')
    .describe(
      'whether adaptiveFetch and its like apply the advice; shadow and off: no, it is only counted',
    ),
  rules: rules()
    .default([])
    .describe('mode, targetRate, minMs, maxMs by peer and route, first match wins; as JSON'),
  listenOn: number(z.number().min(0).max(0.05))
    .default(0)
    .describe('share of GET requests whose reply is waited for after their timeout'),
  peers: list()
    .default([])
    .describe('who sends heartbeats to one another, the same list on every node: http://host:port'),
  nodeName: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('our own name among the peers, host:port; found out where the list holds us'),
  heartbeatMs: number(z.number().min(50).max(60_000))
    .default(1000)
    .describe('time between two heartbeats to a peer, in ms'),
  suspectPhi: number(z.number().min(1).max(20))
    .default(SUSPECT_PHI)
    .describe('phi from which on a silent peer is suspected'),
  udpPort: number(z.number().int().min(0).max(65_535))
    .optional()
    .describe('heartbeats over UDP too, on this port'),
  workerResponder: flag()
    .default(false)
    .describe(
      'answer UDP heartbeats from a thread, so that a blocked main loop is told from death',
    ),
  maxOffsetMs: ms()
    .default(MAX_OFFSET_MS)
    .describe('how far the clock of a peer may be off ours before it is called clock-out, in ms'),
  maxDriftPpm: number(z.number().positive().max(100_000))
    .default(MAX_DRIFT_PPM)
    .describe('by how much two clocks may drift apart, in millionths'),
  ntpServers: list()
    .default([])
    .describe('NTP servers to ask what true time is: host or host:port; four name one liar'),
  localTime: flag()
    .default(true)
    .describe('ask chronyd and ClockBound of this machine what true time is, where they run'),
  clockHeader: flag()
    .default(true)
    .describe('tell callers of Express what time it is here, in Tardy-Clock'),
  hlcHeader: flag()
    .default(false)
    .describe('carry the hybrid logical clock in requests and responses, in Tardy-HLC'),
  maxPeers: count(100_000).default(1024).describe('peers with a name of their own'),
  maxRoutesPerPeer: count(10_000).default(64).describe('routes with a name of their own, a peer'),
  maxHistograms: count(100_000)
    .default(2000)
    .describe('histograms in all, 24 KiB each, 42 at most'),
  maxSeries: count(1_000_000).default(20_000).describe('exported Prometheus series'),
  peersByAddress: flag().default(false).describe('one peer for each address behind a name'),
  exclude: list()
    .default([])
    .describe('origins or origin/path prefixes to leave out, such as http://host:80/poll'),
  serverTiming: flag().default(true).describe('send Server-Timing from Express'),
  stateFile: z.string().min(1).optional().describe('keep the windows in this file over restarts'),
  stateIntervalMs: ms()
    .default(60_000)
    .describe('time between two writes of the state file, in ms'),
  sdk: z
    .enum(['auto', 'own', 'off'])
    .default('auto')
    .describe('auto: attach to a MeterProvider, else start an SDK; own: start one; off: neither'),
  quiet: flag().default(false).describe('no start-up line'),
  pauseTickMs: ms().default(20).describe('time between two looks at our own event loop, in ms'),
  pauseThread: flag()
    .default(false)
    .describe('a thread watches too, to tell causes of pauses apart where /proc does not'),
  pauseLateMs: ms().default(20).describe('lateness that counts as a pause of our own, in ms'),
};

const schema = z.strictObject(shape);

/** All settings, with defaults. */
export type Config = z.output<typeof schema>;
/** Settings as a user gives them. */
export type ConfigOptions = Partial<z.input<typeof schema>>;

/** `targetRate` → `TARDY_TARGET_RATE`. */
export function variableOf(option: string): string {
  return `TARDY_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Variables that other parts read by themselves, so that they are not refused here. */
const OTHER_VARIABLES = new Set(['TARDY_SECRET', 'TARDY_URL', 'TARDY_VERIFY']);

/** One row for each setting: for help texts and the docs. */
export function settingsTable(): {
  option: string;
  variable: string;
  text: string;
  byDefault: unknown;
}[] {
  const defaults = schema.parse({}) as Record<string, unknown>;
  return Object.entries(shape).map(([option, type]) => ({
    option,
    variable: variableOf(option),
    text: type.description ?? '',
    byDefault: defaults[option],
  }));
}

/**
 * Settings from options and, where an option is not given, the environment. Throws
 * ERR_TARDY_CONFIG that names every setting in question.
 */
export function readConfig(
  options: ConfigOptions = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const fromEnvironment = optionsIn(environment);
  const given = { ...fromEnvironment, ...definedOf(options) };
  const preset = schema.shape.preset.safeParse(given.preset).data;
  const result = schema.safeParse({ ...(preset ? PRESETS[preset] : {}), ...given });
  if (!result.success) {
    throw refused(result.error.issues, given, new Set(Object.keys(definedOf(options))));
  }
  const { minMs, maxMs } = result.data;
  if (minMs > maxMs) {
    throw new TardyError(
      'ERR_TARDY_CONFIG',
      `minMs must not be above maxMs; got minMs ${minMs}, maxMs ${maxMs}`,
    );
  }
  return result.data;
}

function optionsIn(environment: Readonly<Record<string, string | undefined>>) {
  const byVariable = new Map(Object.keys(shape).map((option) => [variableOf(option), option]));
  const options: Record<string, unknown> = {};
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('TARDY_') || value === undefined || value === '') continue;
    if (OTHER_VARIABLES.has(variable)) continue;
    options[byVariable.get(variable) ?? variable] = value;
  }
  return options;
}

function definedOf(options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function refused(
  issues: readonly z.core.$ZodIssue[],
  given: Readonly<Record<string, unknown>>,
  byOption: ReadonlySet<string>,
): TardyError {
  const nameOf = (key: string) => (byOption.has(key) || !(key in shape) ? key : variableOf(key));
  const lines = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownSetting(key));
    const key = String(issue.path[0]);
    return [`${nameOf(key)} is ${show(given[key])}: ${allowed(issue)} (${meaning(key)})`];
  });
  return new TardyError('ERR_TARDY_CONFIG', lines.join('; '));
}

function unknownSetting(key: string): string {
  const names = Object.keys(shape).map((option) =>
    key.startsWith('TARDY_') ? variableOf(option) : option,
  );
  const like = closest(key, names);
  return `${key} is no setting${like ? `; did you mean ${like}` : `; known are ${names.join(', ')}`}`;
}

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') return 'allowed are true and false';
  if (issue.code === 'invalid_value') return `allowed are ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_small') return `must be ${issue.inclusive ? '>=' : '>'} ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be ${issue.inclusive ? '<=' : '<'} ${issue.maximum}`;
  return issue.message.replace(/^Invalid input: /, '');
}

function meaning(key: string): string {
  return (shape as Record<string, { description?: string } | undefined>)[key]?.description ?? '';
}
