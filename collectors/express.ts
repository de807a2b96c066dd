/**
 * Our own server: how long each Express route works, and the headers that tell the caller so, and
 * what time it is here.
 *
 * `request.start` is the earliest instant at which JavaScript sees a request; its `response.finish`
 * the last. The route template is on the request by then, in ESM too, without a loader hook. The
 * header has to go out before: one shared `writeHead` on `app.response`, which Express makes the
 * prototype of every response, adds it (5 µs a request; a closure for each response costs more).
 * An application that nobody handed to us is met at its first response.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathTemplate } from '../src/peers/path-template.ts';
import type { ServerRoutes } from '../src/peers/server-routes.ts';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';
import { HLC_HEADER } from '../src/timekeeping/clock-header.ts';
import { listen, type Stop } from './channel.ts';
import type { HlcHeader } from './client.ts';

export interface ExpressOptions {
  readonly routes: ServerRoutes;
  readonly diagnostics: Diagnostics;
  /** Send Server-Timing. */
  readonly serverTiming: boolean;
  /** How long a request that is read now has waited for our event loop, in ms. */
  readonly loopWaitMs: (nowMs: number) => number;
  /** True for ports that serve telemetry, not the application. */
  readonly isOwnPort: (port: number | undefined) => boolean;
  /** What `Tardy-Clock` says of a request that came then; undefined: nothing is sent. */
  readonly clockHeader?: ((receivedAtMs: number) => string) | undefined;
  /** The hybrid logical clock, if it is to go with responses. */
  readonly hlc?: HlcHeader | undefined;
}

/** What is used of an Express application. */
export interface ExpressApp {
  readonly response: object;
  readonly parent?: ExpressApp | undefined;
}

const START = Symbol.for('tardy/v1/server-start');
const LOOP_WAIT = Symbol.for('tardy/v1/loop-wait');
const TIMED = Symbol.for('tardy/v1/timed');

/** Waits for the event loop below this are noise of the tick that measures them. */
const LOOP_WAIT_MIN_MS = 1;

interface Request extends IncomingMessage {
  [START]?: number | undefined;
  [LOOP_WAIT]?: number;
  readonly baseUrl?: string;
  readonly route?: { readonly path: unknown };
}

type Response = ServerResponse & { readonly app?: ExpressApp };

type WriteHead = (this: Response, ...args: unknown[]) => unknown;

/** `app.response`, the prototype of every response of an application. */
interface PatchedResponse {
  writeHead?: WriteHead;
  [TIMED]?: true;
}

export interface ExpressCollector {
  /** Sends our headers from this application from its first response on. */
  instrument(app: ExpressApp): void;
  readonly stop: Stop;
}

export function collectExpress(options: ExpressOptions): ExpressCollector {
  const { routes, diagnostics, serverTiming, loopWaitMs, isOwnPort, clockHeader, hlc } = options;
  const instrumented = new Set<PatchedResponse>();
  const sendsHeaders = serverTiming || clockHeader !== undefined || hlc !== undefined;
  const addHeaders = diagnostics.guard('response headers', sendHeaders);

  /** The application's own entries stay, ours come behind. `args`: of writeHead. */
  function sendHeaders(response: Response, args: unknown[]): void {
    const startMs = (response.req as Request)[START];
    if (startMs === undefined || response.headersSent) return;
    if (serverTiming) addHeader(response, args, 'Server-Timing', timingOf(response.req, startMs));
    if (clockHeader) setHeader(response, args, 'Tardy-Clock', clockHeader(startMs));
    if (hlc) setHeader(response, args, 'Tardy-HLC', hlc.stamp());
  }

  function instrument(app: ExpressApp): void {
    const root = rootOf(app).response as PatchedResponse;
    const { writeHead: original } = root;
    if (!sendsHeaders || !original || root[TIMED]) return;
    root[TIMED] = true;
    root.writeHead = function writeHead(...args) {
      addHeaders(this, args);
      return Reflect.apply(original, this, args);
    };
    instrumented.add(root);
  }

  const stop = listen(diagnostics, {
    'http.server.request.start': ({ request }: { request: Request }) => {
      if (isOwnPort(request.socket.localPort)) return;
      const nowMs = performance.now();
      request[START] = nowMs;
      const waitedMs = loopWaitMs(nowMs);
      if (waitedMs >= LOOP_WAIT_MIN_MS) request[LOOP_WAIT] = waitedMs;
      const theirs = hlc && request.headers[HLC_HEADER];
      if (typeof theirs === 'string') hlc?.heard(theirs);
    },
    'http.server.response.finish': (message: { request: Request; response: Response }) => {
      const { request, response } = message;
      const startMs = request[START];
      if (startMs === undefined) return;
      if (response.app) instrument(response.app);
      if (isStream(response)) return;
      const nowMs = performance.now();
      routes.record(methodOf(request), routeOf(request), nowMs - startMs, nowMs);
    },
  });

  return {
    instrument,
    stop() {
      stop();
      for (const response of instrumented) restore(response);
    },
  };
}

/** A request that is none of the application's: neither measured nor given a Server-Timing. */
export function leaveOutRequest(request: IncomingMessage): void {
  (request as Request)[START] = undefined;
}

/** Takes our `writeHead` away again; the inherited one shows through. */
function restore(response: PatchedResponse): void {
  Reflect.deleteProperty(response, 'writeHead');
  Reflect.deleteProperty(response, TIMED);
}

function rootOf(app: ExpressApp): ExpressApp {
  let root = app;
  while (root.parent) root = root.parent;
  return root;
}

function timingOf(request: Request, startMs: number): string {
  const waited = request[LOOP_WAIT];
  const app = `app;dur=${(performance.now() - startMs).toFixed(3)}`;
  return waited === undefined ? app : `${app}, loop;dur=${waited.toFixed(3)}`;
}

/** `args`: of writeHead; a list of headers in them replaces what was set before. */
function addHeader(response: Response, args: unknown[], name: string, value: string): void {
  const at = args.findIndex((arg) => Array.isArray(arg));
  if (at < 0) response.appendHeader(name, value);
  else args[at] = withHeader(response, args[at] as unknown[], name, value);
}

/** Instead of one that came from elsewhere, as through a proxy. */
function setHeader(response: Response, args: unknown[], name: string, value: string): void {
  response.removeHeader(name);
  for (const [i, arg] of args.entries()) {
    if (typeof arg === 'object' && arg !== null) args[i] = without(name.toLowerCase(), arg);
  }
  addHeader(response, args, name, value);
}

/** Headers as writeHead takes them, flat, in pairs or by name, without one of them. */
function without(name: string, headers: object): object {
  const isIt = (key: unknown): boolean => String(key).toLowerCase() === name;
  if (!Array.isArray(headers)) {
    const kept = Object.entries(headers).filter(([key]) => !isIt(key));
    return kept.length === Object.keys(headers).length ? headers : Object.fromEntries(kept);
  }
  const list: readonly unknown[] = headers;
  if (Array.isArray(list[0])) return list.filter((pair) => !isIt((pair as unknown[])[0]));
  return list.filter((_, i) => !isIt(list[i - (i % 2)]));
}

/** Flat or in pairs. */
function withHeader(
  response: Response,
  headers: readonly unknown[],
  name: string,
  value: string,
): unknown[] {
  const before = [response.getHeader(name) ?? []].flat();
  const entry = [name, [...before, value].join(', ')];
  return Array.isArray(headers[0]) ? [...headers, entry] : [...headers, ...entry];
}

function isStream(response: Response): boolean {
  const type = response.getHeader('content-type');
  return typeof type === 'string' && type.startsWith('text/event-stream');
}

/** Methods Node's parser lets through are a short list, so they are labels as they are. */
function methodOf(request: Request): string {
  return request.method ?? 'GET';
}

/** `/api` + `/users/:id`. A parameter in the mount path is known by its value: guessed away. */
function routeOf({ route, baseUrl }: Request): string {
  if (!route) return '_unmatched';
  const path = String(route.path);
  return baseUrl ? `${pathTemplate(baseUrl)}${path === '/' ? '' : path}` : path;
}
