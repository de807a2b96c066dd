/** Everything that listens to the world, started and stopped together. */
import type { HlcHeader } from '../collectors/client.ts';
import { collectExpress, type ExpressCollector } from '../collectors/express.ts';
import { collectHttpClient } from '../collectors/http-client.ts';
import { isOwnCall } from '../collectors/heartbeat/own-call.ts';
import type { Runtime } from '../collectors/runtime.ts';
import { collectTcpConnect } from '../collectors/tcp-connect.ts';
import { collectUndici } from '../collectors/undici.ts';
import { hlcFromText, hlcText } from './clock/hlc.ts';
import type { Config } from './config.ts';
import type { PeerTable } from './peers/peer-table.ts';
import type { ServerRoutes } from './peers/server-routes.ts';
import type { Traffic } from './peers/traffic.ts';
import type { TardyOptions } from './public-types.ts';
import type { Diagnostics } from './telemetry/diagnostics.ts';
import type { Timekeeping } from './timekeeping/timekeeping.ts';
import type { PausedMs } from './timeout/estimator.ts';

export interface CollectingOptions {
  readonly config: Config;
  readonly table: PeerTable;
  readonly traffic: Traffic;
  readonly serverRoutes: ServerRoutes;
  readonly timekeeping: Timekeeping;
  readonly runtime: Pick<Runtime, 'loopWaitMs'>;
  readonly diagnostics: Diagnostics;
  readonly pausedMs: PausedMs;
  readonly routeName: TardyOptions['routeName'];
  /** Calls that the user, or we ourselves, leave out. */
  readonly excluded: (origin: string, path: string) => boolean;
  /** Ports that serve telemetry, not the application. */
  readonly isOwnPort: (port: number | undefined) => boolean;
}

export interface Collecting {
  readonly express: ExpressCollector;
  stop(): void;
}

export function startCollecting(options: CollectingOptions): Collecting {
  const { config, table, traffic, timekeeping, runtime, diagnostics, pausedMs } = options;
  const hlc = config.hlcHeader ? hlcHeader(timekeeping) : undefined;
  const client = {
    ...{ traffic, diagnostics, hlc, routeName: options.routeName },
    onServerClock: timekeeping.serverSaid,
    excluded: (origin: string, path: string) => isOwnCall() || options.excluded(origin, path),
  };
  const express = collectExpress({
    ...{ routes: options.serverRoutes, diagnostics, hlc },
    serverTiming: config.serverTiming,
    clockHeader: config.clockHeader
      ? (receivedAtMs) => timekeeping.headerNow(receivedAtMs)
      : undefined,
    loopWaitMs: (nowMs) => runtime.loopWaitMs(nowMs),
    isOwnPort: options.isOwnPort,
  });
  const stops = [
    collectUndici(client),
    collectHttpClient(client),
    collectTcpConnect({ table, diagnostics, pausedMs }),
    express.stop,
  ];
  return { express, stop: () => stops.forEach((stop) => stop()) };
}

function hlcHeader({ clock, hlc, now }: Timekeeping): HlcHeader {
  return {
    stamp: () => hlcText(clock.hlc()),
    heard(text) {
      const theirs = hlcFromText(text);
      if (theirs !== undefined) hlc.receive(theirs, now().wallMs);
    },
  };
}
