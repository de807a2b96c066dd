/**
 * All sources of time that were asked for or are there: NTP servers, the chronyd of this machine,
 * the shared memory of ClockBound. Each says for itself how far true time is ahead of our steady
 * clock; who is believed is decided by whoever reads them (`src/clock/intersection.ts`).
 */
import { existsSync } from 'node:fs';
import type { WallOffset } from '../src/clock/types.ts';
import { TardyError } from '../src/errors.ts';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';
import { Chrony } from './chrony.ts';
import { ClockBound, CLOCKBOUND_PATH } from './clockbound.ts';
import { NtpClient } from './ntp/client.ts';
import { type NtpServer, parseNtpServer } from './ntp/server-name.ts';
import type { SourceReading, SourceRefusal, TimeSource, TimeSourceEvent } from './time-source.ts';

export interface TimeSourcesOptions {
  /** `host`, `host:port`, `[IPv6]:port`, each also after `ntp://`; at most 16. */
  readonly ntpServers: readonly string[];
  /** `'auto'`: if chrony runs on this machine. Default `'auto'`. */
  readonly chrony?: boolean | 'auto' | undefined;
  /** `'auto'`: if ClockBound runs on this machine. Default `'auto'`. */
  readonly clockbound?: boolean | 'auto' | undefined;
  /** Steady clock less `performance.now()`, in ms: about `Date.now() - performance.now()`. */
  readonly steadyBaseMs: number;
  /** Our wall clock as it is known now. */
  readonly wallBase: () => WallOffset;
  readonly diagnostics: Diagnostics;
  readonly onEvent?: ((event: TimeSourceEvent) => void) | undefined;
  /** How fast our clock may drift, in ppm, > 0 and ≤ 100,000. Default 200. */
  readonly maxDriftPpm?: number | undefined;
  /**
   * Between two polls of an NTP server, in ms: 16 s to 36 h. Default 64 s; it doubles up to 1,024 s
   * with public servers while they agree.
   */
  readonly pollMs?: number | undefined;
  /** UDP port of chrony's monitoring. Default 323. */
  readonly chronyPort?: number | undefined;
  readonly clockboundPath?: string | undefined;
}

export interface TimeSources {
  /** What each says now; `monoMs` by `performance.now`. */
  readings(monoMs: number): SourceReading[];
  /** What each refused so far, by reason. */
  refusals(): ReadonlyMap<string, ReadonlyMap<SourceRefusal, number>>;
  stop(): void;
}

/** Four are enough to outvote one liar and miss one; public servers are not ours to spend. */
const SERVERS_MAX = 16;
/** Where chronyd has its socket. */
const CHRONY_DIR = '/run/chrony';

/**
 * Begins to ask. Nothing here keeps the process alive, and nothing throws later on.
 * Throws ERR_TARDY_CONFIG for a server that cannot be read, or too many.
 */
export function startTimeSources(options: TimeSourcesOptions): TimeSources {
  const { chrony = 'auto', clockbound = 'auto', clockboundPath = CLOCKBOUND_PATH } = options;
  const sources: TimeSource[] = serversOf(options.ntpServers).map((server) => {
    const client = new NtpClient({ ...options, server });
    client.start();
    return client;
  });
  if (chrony === 'auto' ? existsSync(CHRONY_DIR) : chrony) {
    const source = new Chrony({ ...options, port: options.chronyPort });
    source.start();
    sources.push(source);
  }
  if (clockbound === 'auto' ? existsSync(clockboundPath) : clockbound) {
    sources.push(new ClockBound({ ...options, path: clockboundPath }));
  }
  return {
    readings: (monoMs) => sources.map((source) => source.reading(monoMs)),
    refusals: () => new Map(sources.map(({ name, refusals }) => [name, refusals])),
    stop: () => {
      for (const source of sources) source.stop();
    },
  };
}

/** Whoever is named twice is asked once: two votes of one server would be no majority. */
function serversOf(entries: readonly string[]): NtpServer[] {
  const servers = new Map(entries.map(parseNtpServer).map((server) => [server.name, server]));
  if (servers.size > SERVERS_MAX) {
    const message = `${servers.size} NTP servers are too many; at most ${SERVERS_MAX}`;
    throw new TardyError('ERR_TARDY_CONFIG', message);
  }
  return [...servers.values()];
}
