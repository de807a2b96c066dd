/** Everybody who can give up on a request, called as their manuals say. */
import { channel } from 'node:diagnostics_channel';
import axios from 'axios';
import got from 'got';
import { request as undiciRequest } from 'undici';
import { collectRuntime } from '../../../collectors/runtime.ts';
import { createAdaptiveFetch } from '../../../src/apply/fetch.ts';
import type { TimeoutSource } from '../../../src/apply/source.ts';
import { PauseLog } from '../../../src/pause/pause-log.ts';
import { Diagnostics } from '../../../src/telemetry/diagnostics.ts';
import { TARDY } from '../tardy.ts';

export interface TimerClient {
  readonly name: string;
  /** Resolves with the reply, rejects when it gives up, `timeoutMs` after the call. */
  readonly call: (url: string, timeoutMs: number) => Promise<unknown>;
}

export interface Clients {
  readonly clients: readonly TimerClient[];
  /** Libraries that are not installed. */
  readonly missing: readonly string[];
  readonly stop: () => void;
}

export async function openClients(): Promise<Clients> {
  const ours = tardyClient();
  const optional = { opossum, cockatiel, ky };
  const found = await Promise.all(Object.values(optional).map((load) => load()));
  return {
    clients: [ours.client, ...BUILT_IN, ...found.filter((client) => client !== undefined)],
    missing: Object.keys(optional).filter((_, i) => found[i] === undefined),
    stop: ours.stop,
  };
}

const TICK = { tickMs: 20, lateMs: 20 };

/** Our fetch, with a source that plans the timeout it is told instead of one from data. */
function tardyClient(): { readonly client: TimerClient; readonly stop: () => void } {
  let arrivals = 0;
  const arrived = () => {
    arrivals++;
  };
  const headers = channel('undici:request:headers');
  headers.subscribe(arrived);
  const runtime = collectRuntime({
    pauses: new PauseLog(TICK),
    diagnostics: new Diagnostics(),
    arrivals: () => arrivals,
  });
  const sourceOf = (timeoutMs: number): TimeoutSource => ({
    plan: ({ url }) => ({
      ...{ peer: new URL(url).host, route: 'GET /', advice: () => undefined },
      ...{ connectMs: timeoutMs, responseMs: timeoutMs },
    }),
    whenDrained: (judge) => runtime.whenDrained(judge),
  });
  const fetches = new Map<number, typeof fetch>();
  const fetchOf = (timeoutMs: number): typeof fetch => {
    const known = fetches.get(timeoutMs) ?? createAdaptiveFetch(sourceOf(timeoutMs));
    fetches.set(timeoutMs, known);
    return known;
  };
  return {
    client: { name: TARDY, call: async (url, ms) => (await fetchOf(ms)(url)).text() },
    stop: () => {
      headers.unsubscribe(arrived);
      runtime.stop();
    },
  };
}

const BUILT_IN: readonly TimerClient[] = [
  {
    name: 'AbortSignal.timeout',
    call: async (url, ms) => (await fetch(url, { signal: AbortSignal.timeout(ms) })).text(),
  },
  { name: 'axios', call: (url, timeout) => axios.get(url, { timeout }) },
  {
    name: 'got, timeout.request',
    call: (url, ms) => got(url, { timeout: { request: ms }, retry: { limit: 0 } }).text(),
  },
  {
    name: 'got, timeout.response',
    call: (url, ms) => got(url, { timeout: { response: ms }, retry: { limit: 0 } }).text(),
  },
  {
    name: 'undici headersTimeout',
    call: async (url, headersTimeout) => (await undiciRequest(url, { headersTimeout })).body.text(),
  },
];

interface OpossumModule {
  readonly default: new (
    action: (url: string) => Promise<unknown>,
    options: object,
  ) => { fire(url: string): Promise<unknown> };
}

/** Its circuit must not open, for that would end requests too. */
const NEVER_OPEN = { errorThresholdPercentage: 100, volumeThreshold: 1_000_000 };

async function opossum(): Promise<TimerClient | undefined> {
  const module = await load<OpossumModule>('opossum');
  if (!module) return undefined;
  const breakers = new Map<number, InstanceType<OpossumModule['default']>>();
  const breakerOf = (timeout: number) => {
    const known = breakers.get(timeout) ?? new module.default(text, { timeout, ...NEVER_OPEN });
    breakers.set(timeout, known);
    return known;
  };
  return { name: 'opossum', call: (url, ms) => breakerOf(ms).fire(url) };
}

interface CockatielModule {
  readonly timeout: (
    ms: number,
    strategy: unknown,
  ) => { execute(task: (context: { signal: AbortSignal }) => Promise<unknown>): Promise<unknown> };
  readonly TimeoutStrategy: { readonly Aggressive: unknown };
}

async function cockatiel(): Promise<TimerClient | undefined> {
  const module = await load<CockatielModule>('cockatiel');
  if (!module) return undefined;
  return {
    name: 'cockatiel',
    call: (url, ms) =>
      module
        .timeout(ms, module.TimeoutStrategy.Aggressive)
        .execute(({ signal }) => text(url, { signal })),
  };
}

interface KyModule {
  readonly default: (url: string, options: object) => { text(): Promise<string> };
}

async function ky(): Promise<TimerClient | undefined> {
  const module = await load<KyModule>('ky');
  if (!module) return undefined;
  return { name: 'ky', call: (url, timeout) => module.default(url, { timeout, retry: 0 }).text() };
}

async function text(url: string, init?: RequestInit): Promise<string> {
  return (await fetch(url, init)).text();
}

async function load<Module>(name: string): Promise<Module | undefined> {
  try {
    return (await import(name)) as Module;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
