/**
 * The composition root: the one place that knows collectors, estimators and surfaces.
 *
 * collector → observation → estimator → advice → telemetry, API: data flow one way, and nobody
 * below reaches back up.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { diag, type MeterProvider } from '@opentelemetry/api';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import { nameFromContext } from '../collectors/client.ts';
import type { ExpressApp } from '../collectors/express.ts';
import { collectRuntime, type Runtime } from '../collectors/runtime.ts';
import { enforceFetch } from './apply/install.ts';
import { Planner } from './apply/planner.ts';
import type { TimeoutSource } from './apply/source.ts';
import { clockReport, type ClockReport, pausesReport, type PausesReport } from './clock-report.ts';
import { type Collecting, startCollecting } from './collecting.ts';
import { type Config, readConfig } from './config.ts';
import { argumentError } from './errors.ts';
import { EventLog } from './events/event-log.ts';
import { EventSpacing } from './events/spacing.ts';
import type { Happening, OwnPauseEvent } from './events/types.ts';
import { Exclusions } from './exclusions.ts';
import {
  clearTripCauses,
  noticePauseInGuards,
  onFencingRejected,
  setTripCause,
} from './leasing/hub.ts';
import { Liveness } from './liveness/liveness.ts';
import type { Cell, PeerState } from './membership/types.ts';
import { PauseLog } from './pause/pause-log.ts';
import { parseOrigin, peerName } from './peers/origin.ts';
import { PeerTable, routeName } from './peers/peer-table.ts';
import { Policy } from './peers/policy.ts';
import { ServerRoutes } from './peers/server-routes.ts';
import { Traffic } from './peers/traffic.ts';
import {
  type PeerEntry,
  peerEntries,
  type PeersReport,
  timeoutEntries,
  type TimeoutsReport,
  whatIfOf,
} from './report.ts';
import { StateFile } from './state/state-file.ts';
import type { Clock } from './timekeeping/clock.ts';
import { Timekeeping } from './timekeeping/timekeeping.ts';
import { attachTo } from './telemetry/attach.ts';
import { Diagnostics } from './telemetry/diagnostics.ts';
import type { OwnTraffic } from './telemetry/sdk.ts';
import { PauseHistograms } from './telemetry/pause-histograms.ts';
import { createMetricProducer } from './telemetry/producer.ts';
import type { TelemetrySource } from './telemetry/points.ts';
import type { CallInit, Tardy, TardyOptions } from './public-types.ts';
import { Estimator } from './timeout/estimator.ts';
import type { Advice } from './timeout/types.ts';
import type { WhatIf } from './timeout/what-if.ts';

export type { CallInit, Tardy, TardyOptions } from './public-types.ts';

/** Of refused writes to one resource, one event in so long. */
const FENCING_EVENT_MS = 1000;

const ACTIVE = Symbol.for('tardy/v1');
const holder = globalThis as { [ACTIVE]?: Tardy | undefined };

/**
 * The Tardy of this process, to be started: the first call makes it; later ones, from whichever
 * copy of the package, get the same until it is stopped, and their options are ignored with a
 * warning. Throws ERR_TARDY_CONFIG for settings it does not know.
 */
export function createTardy(options: TardyOptions = {}): Tardy {
  const existing = holder[ACTIVE];
  if (!existing) return (holder[ACTIVE] = new TardyProcess(options));
  if (Object.keys(options).length > 0) {
    diag.warn('tardy: this process has a Tardy already; the new options are ignored');
  }
  return existing;
}

/** What the Tardy that runs in this process says of each call; undefined while none runs. */
export function timeoutSource(): TimeoutSource | undefined {
  return holder[ACTIVE]?.timeoutSource;
}

/** What the Tardy that runs calls the peer behind an origin; undefined: it does not know it. */
export function stateOfOrigin(origin: string): PeerState | undefined {
  const parsed = parseOrigin(origin);
  return parsed && holder[ACTIVE]?.stateOf(peerName(parsed));
}

class TardyProcess implements Tardy {
  readonly config: Config;
  readonly metricProducer: MetricProducer;
  readonly #routeName: TardyOptions['routeName'];
  readonly #diagnostics = new Diagnostics();
  readonly events = new EventLog(this.#diagnostics);
  readonly #fencingEvents = new EventSpacing(FENCING_EVENT_MS);
  readonly #pauses: PauseLog;
  readonly #table: PeerTable;
  readonly #traffic: Traffic;
  readonly #source: TelemetrySource;
  readonly #planner: Planner;
  readonly #liveness: Liveness;
  readonly #timekeeping: Timekeeping;
  readonly #ownPorts = new Set<number>();
  readonly #excluded: Exclusions;
  readonly #appsBeforeStart = new Set<ExpressApp>();
  #running: Running | undefined;
  #detach: (() => void) | undefined;

  constructor({ routeName, discoverPeers, secret, ...options }: TardyOptions) {
    this.config = readConfig(options);
    this.#routeName = routeName;
    this.#excluded = new Exclusions(this.config.exclude);
    const { pauseTickMs, pauseLateMs, peersByAddress } = this.config;
    this.#pauses = new PauseLog({ tickMs: pauseTickMs, lateMs: pauseLateMs });
    const pausedMs = (fromMs: number, toMs: number) => this.#pauses.overlapMs(fromMs, toMs);
    const policy = new Policy(
      { mode: this.config.mode, timeout: timeoutOptions(this.config) },
      this.config.rules,
    );
    this.#table = new PeerTable(
      this.config,
      (peer, route) => new Estimator(policy.of(peer, route).timeout, pausedMs),
      (peer, route) => policy.of(peer, route).configuredMs,
    );
    this.#planner = this.#planBy(policy);
    const emit = (event: Happening) => this.#happened(event);
    this.#timekeeping = new Timekeeping({
      ...{ ...this.config, diagnostics: this.#diagnostics, emit },
      peers: () => this.#liveness.references(),
      onSuspended: () => this.#liveness.suspended(),
    });
    const { hlc, now } = this.#timekeeping;
    this.#liveness = new Liveness({
      ...this.config,
      peers: discoverPeers ?? this.config.peers,
      nodeName: this.config.nodeName,
      udpPort: this.config.udpPort,
      secret: secret ?? (process.env.TARDY_SECRET === '' ? undefined : process.env.TARDY_SECRET),
      ...{ table: this.#table, pausedMs, diagnostics: this.#diagnostics, hlc, now, emit },
      reference: (nowMs) => this.#timekeeping.ownReference(nowMs),
    });
    this.#traffic = new Traffic({
      ...{ table: this.#table, pauses: this.#pauses, peersByAddress },
      onFailure: ({ name }, ending) => this.#liveness.failed(name, ending),
    });
    this.#source = {
      table: this.#table,
      serverRoutes: new ServerRoutes(this.#table.series),
      pauses: new PauseHistograms(),
      diagnostics: this.#diagnostics,
      liveness: this.#liveness,
      time: this.#timekeeping,
      loopDelayMs: (share, nowMs) => this.#running?.runtime.loopDelay.quantileMs(share, nowMs),
      pausedMs,
      drained: () => this.#drained(),
    };
    this.metricProducer = createMetricProducer(this.#source, this.#diagnostics);
  }

  get timeoutSource(): TimeoutSource {
    return this.#planner;
  }

  advise(peer: string, route?: string): Advice | undefined {
    return this.#planner.advice(peer, route);
  }

  timeoutFor(url: string | URL, { method = 'GET', route: name }: CallInit = {}): number {
    const parsed = URL.parse(String(url));
    if (!parsed || !/^https?:$/.test(parsed.protocol)) {
      throw argumentError('url', String(url), 'an absolute http or https URL');
    }
    const route = name ?? routeName(method, parsed.pathname);
    return this.#planner.responseMs(this.#table.find(parsed.origin), route);
  }

  whatIf(peer: string, route: string | undefined, timeoutMs: number): WhatIf | undefined {
    if (!(Number.isFinite(timeoutMs) && timeoutMs > 0)) {
      throw argumentError('timeoutMs', timeoutMs, 'finite and > 0');
    }
    return whatIfOf(this.#table.peers.get(peer), route, timeoutMs, performance.now());
  }

  get pauses(): OwnPauseEvent[] {
    return this.events.recent().filter((event) => event.type === 'pause');
  }

  get clock(): Clock {
    return this.#timekeeping.clock;
  }

  peers(): PeerEntry[] {
    const nowMs = performance.now();
    const liveness = {
      ...{ views: this.#liveness.peers(), nameOf: this.#nameOf },
      serverOffset: (peer: string) => this.#timekeeping.serverOffset(peer, nowMs),
      maxOffsetMs: this.config.maxOffsetMs,
    };
    return peerEntries(this.#table, liveness, nowMs, this.#source.pausedMs);
  }

  readonly #nameOf = (peer: string): string => this.#liveness.nameOf(peer);

  livePeers(): string[] {
    return this.#liveness.livePeers();
  }

  whoSuspectsWhom(): Cell[] {
    return this.#liveness.whoSuspectsWhom();
  }

  stateOf(peer: string): PeerState | undefined {
    return this.#liveness.stateOf(peer);
  }

  handleHeartbeat(request: IncomingMessage, response: ServerResponse): void {
    this.#liveness.handle(request, response);
  }

  timeouts(peer?: string): TimeoutsReport {
    const only = peer === undefined ? undefined : this.#table.peers.get(peer);
    const known = peer === undefined || only !== undefined;
    const timeouts = known ? timeoutEntries(this.#table, performance.now(), only) : [];
    return { ...this.#heading(), timeouts };
  }

  peersReport(): PeersReport {
    return { ...this.#heading(), peers: this.peers(), opinions: this.whoSuspectsWhom() };
  }

  clockReport(): ClockReport {
    const peers = this.peers().flatMap(({ peer, clock }) => (clock ? [{ peer, clock }] : []));
    const nowMs = performance.now();
    const facts = {
      ...{ now: this.clock.now(), peers, maxOffsetMs: this.config.maxOffsetMs },
      sources: this.#timekeeping.look(nowMs).sources,
      eventsPerS: this.#source.serverRoutes.perSecond(nowMs),
    };
    return { ...this.#heading(), ...clockReport(facts) };
  }

  pausesReport(): PausesReport {
    const loopDelayMs = (share: number) => this.#source.loopDelayMs(share, performance.now());
    return { ...this.#heading(), ...pausesReport(this.events.recent(), loopDelayMs) };
  }

  attach(provider: MeterProvider): void {
    this.#detach?.();
    this.#detach = attachTo(provider, this.#source, this.#diagnostics);
  }

  instrument(app: ExpressApp): void {
    if (this.#running) this.#running.collecting.express.instrument(app);
    else this.#appsBeforeStart.add(app);
  }

  leaveOut({ ports, origins }: OwnTraffic): void {
    for (const port of ports) this.#ownPorts.add(port);
    this.#excluded.add(origins);
  }

  start(): string | undefined {
    if (this.#running || !this.config.enabled) return undefined;
    const stateFile = this.#stateFile();
    const loaded = stateFile?.load();
    this.#running = this.#collect(stateFile);
    for (const app of this.#appsBeforeStart) this.#running.collecting.express.instrument(app);
    this.#appsBeforeStart.clear();
    this.#liveness.start(this.#running.runtime);
    return loaded;
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.#detach?.();
    this.#detach = undefined;
    if (holder[ACTIVE] === this) holder[ACTIVE] = undefined;
    running?.stops.forEach((stop) => stop());
    if (running) {
      await this.#liveness.stop();
      clearTripCauses(); // last: the liveness part may set one until it has stopped
    }
    await running?.stateFile?.save();
  }

  #heading() {
    const node = process.env.OTEL_SERVICE_NAME ?? hostname();
    return { node: `${node}/${process.pid}`, generatedAt: new Date().toISOString() };
  }

  #planBy(policy: Policy): Planner {
    const { initialMs, maxMs, listenOn } = this.config;
    return new Planner({
      ...{ table: this.#table, policy, initialMs, maxMs, listenOn },
      whenDrained: (judge) => {
        const runtime = this.#running?.runtime;
        if (runtime) runtime.whenDrained(judge);
        else judge();
      },
      excluded: (origin, path) => !this.#running || this.#excluded.has(origin, path),
      nameOf: (origin, method, path) =>
        nameFromContext() ?? this.#routeName?.({ origin, method, path }),
    });
  }

  /** Ages are not told before the sockets have been read again after a pause of our own. */
  #drained(): Promise<void> {
    return new Promise((resolve) => this.#planner.whenDrained(resolve));
  }

  #stateFile(): StateFile | undefined {
    const path = this.config.stateFile;
    if (path === undefined) return undefined;
    const now = () => ({ monoMs: performance.now(), wallMs: Date.now() });
    return new StateFile({ path, table: this.#table, now });
  }

  #collect(stateFile: StateFile | undefined): Running {
    this.#timekeeping.start(); // first: it may throw
    const runtime = this.#watchLoop();
    const collecting = startCollecting({
      ...{ config: this.config, table: this.#table, traffic: this.#traffic, runtime },
      ...{ timekeeping: this.#timekeeping, diagnostics: this.#diagnostics },
      ...{ serverRoutes: this.#source.serverRoutes, pausedMs: this.#source.pausedMs },
      routeName: this.#routeName,
      excluded: (origin, path) => this.#excluded.has(origin, path),
      isOwnPort: (port) => port !== undefined && this.#ownPorts.has(port),
    });
    const stops = [
      () => collecting.stop(),
      () => this.#timekeeping.stop(),
      onFencingRejected((event) => {
        if (this.#fencingEvents.isDue(event.resource, event.atMs)) this.#happened(event);
      }),
      runtime.stop,
      ...(this.config.enforce ? [enforceFetch(this.#planner)] : []),
      ...(stateFile ? [this.#saveRegularly(stateFile)] : []),
    ];
    return { stops, collecting, runtime, stateFile };
  }

  #watchLoop(): Runtime {
    return collectRuntime({
      pauses: this.#pauses,
      diagnostics: this.#diagnostics,
      arrivals: () => this.#traffic.arrivals + this.#liveness.arrivals,
      watchThread: this.config.pauseThread,
      onTick: () => this.#timekeeping.tick(),
      onPause: (pause) => {
        noticePauseInGuards();
        this.#liveness.localPause(pause);
      },
      onCause: (event) => {
        noticePauseInGuards(); // no tick is late after the machine was suspended
        this.#source.pauses.record(event.cause, event.durationMs);
        this.#happened({ type: 'pause', atMs: event.toMs, ...event });
      },
    });
  }

  /** Whoever is told by others that it should not act does not. */
  #happened(event: Happening): void {
    this.events.add(event);
    if (event.type === 'self-suspected') setTripCause('self-suspected', event.suspected);
    if (event.type === 'self-clock-out') setTripCause('clock-out', event.out);
  }

  #saveRegularly(stateFile: StateFile): () => void {
    const failed = (error: unknown) => this.#diagnostics.failed('state file', error);
    const timer = setInterval(() => {
      stateFile.save().catch(failed);
    }, this.config.stateIntervalMs);
    timer.unref();
    const onExit = this.#diagnostics.guard('state file', () => stateFile.saveNow());
    process.on('exit', onExit);
    return () => {
      clearInterval(timer);
      process.off('exit', onExit);
    };
  }
}

interface Running {
  readonly stops: readonly (() => void)[];
  readonly collecting: Collecting;
  readonly runtime: Runtime;
  readonly stateFile: StateFile | undefined;
}

function timeoutOptions({ targetRate, minMs, maxMs, windowMs, initialMs }: Config) {
  return { targetRate, minMs, maxMs, windowMs, initialMs };
}
