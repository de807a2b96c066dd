/** A world for commands: what they write is kept, nothing is real. */
import type { Command, Context } from '../../src/cli/command.ts';
import type { ExitCode } from '../../src/cli/exit-code.ts';
import type { Io, TerminalSize } from '../../src/cli/io.ts';
import { COLOURED, PLAIN } from '../../src/cli/look.ts';
import { run } from '../../src/cli/run.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import type { TimeoutEntry, TimeoutsReport } from '../../src/report.ts';

export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

export interface World {
  readonly env?: Io['env'];
  readonly terminal?: TerminalSize;
  readonly signal?: AbortSignal;
  readonly commands?: readonly Command[];
}

/** Runs a command line as `tardy` would. */
export async function tardy(words: readonly string[], world: World = {}): Promise<Ran> {
  const { io, written } = fakeIo(world);
  const code = await run(words, io, world.commands ?? COMMANDS);
  return { code, ...written };
}

export function fakeIo({ env = {}, terminal, signal = new AbortController().signal }: World = {}) {
  const written = { out: '', err: '' };
  const clock = { nowMs: 0 };
  const io: Io = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    env,
    terminal: () => terminal,
    signal,
    nowMs: () => clock.nowMs,
  };
  return { io, written, clock };
}

export function fakeContext(world: World = {}, redraws = false, coloured = false) {
  const { io, ...rest } = fakeIo(world);
  const context: Context = { ...io, look: { paint: coloured ? COLOURED : PLAIN, redraws } };
  return { context, ...rest };
}

export function adviceOf(entry: Partial<TimeoutEntry['advice']> = {}): TimeoutEntry['advice'] {
  return {
    timeoutMs: 4.8,
    lowerBoundMs: 4.61,
    upperBoundMs: 5.2,
    confidence: 0.95,
    targetRate: 0.001,
    n: 12_040,
    nEffective: 11_900,
    censored: 0,
    lossRate: 0,
    basis: 'measured',
    ceilingHit: false,
    expectedFalsePerDay: 34.6,
    reason: '99.9 % of 12,040 replies in the last 5 min came within 4.8 ms',
    warnings: [],
    ...entry,
  };
}

export function entryOf(
  entry: Partial<Omit<TimeoutEntry, 'advice'>> = {},
  advice: Partial<TimeoutEntry['advice']> = {},
): TimeoutEntry {
  return {
    peer: 'users.internal:8080',
    route: 'GET /users/:id',
    requests: 12_041,
    inFlight: 1,
    p50Ms: 2.87,
    p90Ms: 3.6,
    p99Ms: 4.12,
    p999Ms: 4.8,
    maxMs: 9.1,
    endings: { completed: 12_040 },
    enforced: false,
    exceeded: 12,
    wastedMs: 0,
    blame: {},
    ...entry,
    advice: adviceOf(advice),
  };
}

/** One entry of each basis. */
export const REPORT: TimeoutsReport = {
  node: 'gateway/4242',
  generatedAt: '2026-03-01T12:00:00.000Z',
  timeouts: [
    entryOf(),
    entryOf(
      { route: 'POST /users', p50Ms: 210, p99Ms: 840, maxMs: 1240 },
      {
        ...{ n: 310, timeoutMs: 1860, basis: 'extrapolated' },
        ...{ lowerBoundMs: undefined, upperBoundMs: undefined },
        reason:
          '310 replies in the last 5 min are too few for 99.9 %; half as long again as the slowest, 1.24 s',
        warnings: ['a bound at 95 % needs 2,995 independent replies; these are worth 310'],
      },
    ),
    entryOf(
      { peer: '[2001:db8::17]:9443', route: 'GET /search/:id/suggestions/:id', p99Ms: 249 },
      {
        ...{ n: 4100, timeoutMs: 500, basis: 'censored', lowerBoundMs: 243 },
        ...{ upperBoundMs: undefined, censored: 120 },
        reason:
          'requests are cut off before 99.9 % of the replies come; twice as long as they wait now',
        warnings: ['120 requests were cut off or still wait: no upper bound beyond them'],
      },
    ),
    entryOf(
      { peer: 'db:5432', route: 'GET /health', requests: 2, p50Ms: undefined, p99Ms: undefined },
      {
        ...{ n: 2, timeoutMs: undefined, lowerBoundMs: undefined, upperBoundMs: undefined },
        ...{ basis: 'insufficient', reason: 'only 2 replies so far: too few to say' },
      },
    ),
  ],
};
