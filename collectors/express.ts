/**
 * Our own server: how long each Express route works, and the `Server-Timing` header that tells
 * the caller.
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
import { listen, type Stop } from './channel.ts';

export interface ExpressOptions {
  readonly routes: ServerRoutes;
  readonly diagnostics: Diagnostics;
  /** Send Server-Timing. */
  readonly serverTiming: boolean;
  /** How long a request that is read now has waited for our event loop, in ms. */
  readonly loopWaitMs: (nowMs: number) => number;
  /** True for ports that serve telemetry, not the application. */
  readonly isOwnPort: (port: number | undefined) => boolean;
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
  /** Sends Server-Timing from this application from its first response on. */
  instrument(app: ExpressApp): void;
  readonly stop: Stop;
}

export function collectExpress(options: ExpressOptions): ExpressCollector {
  const { routes, diagnostics, serverTiming, loopWaitMs, isOwnPort } = options;
  const instrumented = new Set<PatchedResponse>();
  const addTiming = diagnostics.guard('Server-Timing', sendTiming);

  function instrument(app: ExpressApp): void {
    const root = rootOf(app).response as PatchedResponse;
    const { writeHead: original } = root;
    if (!serverTiming || !original || root[TIMED]) return;
    root[TIMED] = true;
    root.writeHead = function writeHead(...args) {
      addTiming(this, args);
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
    },
    'http.server.response.finish': (message: { request: Request; response: Response }) => {
      const { request, response } = message;
      const startMs = request[START];
      if (startMs === undefined) return;
      if (response.app) instrument(response.app);
      if (isStream(response)) return;
      routes.record(methodOf(request), routeOf(request), performance.now() - startMs);
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

/** The application's own Server-Timing entries stay, ours come behind. `args`: of writeHead. */
function sendTiming(response: Response, args: unknown[]): void {
  const request = response.req as Request;
  const startMs = request[START];
  if (startMs === undefined || response.headersSent) return;
  const waited = request[LOOP_WAIT];
  const app = `app;dur=${(performance.now() - startMs).toFixed(3)}`;
  const timing = waited === undefined ? app : `${app}, loop;dur=${waited.toFixed(3)}`;
  const at = args.findIndex((arg) => Array.isArray(arg));
  if (at < 0) response.appendHeader('Server-Timing', timing);
  else args[at] = withTiming(response, args[at] as unknown[], timing);
}

/** A list of headers, flat or in pairs, replaces what was set before, so it must hold ours. */
function withTiming(response: Response, headers: readonly unknown[], timing: string): unknown[] {
  const before = [response.getHeader('Server-Timing') ?? []].flat();
  const entry = ['Server-Timing', [...before, timing].join(', ')];
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
