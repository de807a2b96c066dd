/**
 * The API as an Express router: what is known, as JSON, read-only.
 *
 *     GET /timeouts         every peer and route with its advice
 *     GET /timeouts/:peer   one peer, such as /timeouts/localhost:3001   ?route= one route of it
 *     GET /peers            every peer: who is alive, on what evidence, and who says so
 *     GET /clock            what time it is, how sure that is, and the clocks of peers
 *     GET /pauses           when and why this process stood still of late
 *     POST /heartbeat       heartbeats of other nodes, in Tardy's own format
 *     GET /metrics          Prometheus text, if asked for with { metrics: true }
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import { type NextFunction, type Request, type Response, Router } from 'express';
import type { ClockReport, PausesReport } from '../clock-report.ts';
import type { PeersReport, TimeoutsReport } from '../report.ts';
import { metricsHandler } from '../telemetry/metrics-handler.ts';
import { type Problem, sendJson, sendProblem } from './problem.ts';

export interface RouterOptions {
  /** Serve Prometheus text on `/metrics`. Default false. */
  readonly metrics?: boolean;
}

/** What the API shows. */
export interface ApiSource {
  timeouts(peer?: string): TimeoutsReport;
  peersReport(): PeersReport;
  clockReport(): ClockReport;
  pausesReport(): PausesReport;
  readonly metricProducer: MetricProducer;
  handleHeartbeat(request: IncomingMessage, response: ServerResponse): void;
}

/** `host:port`, IPv6 in brackets, `/address` behind it where peers are told apart by address. */
const PEER = /^(\[[0-9a-f:.]+\]|[^\s:/[\]]+):\d{1,5}(\/[0-9a-f:.]+)?$/i;

export function createRouter(source: ApiSource, { metrics = false }: RouterOptions = {}): Router {
  const router = Router();
  router.get('/timeouts', (request, response) => {
    if (refusesQuery(request, response, [])) return;
    sendJson(response, source.timeouts());
  });
  router.get('/timeouts/:peer', (request, response) => {
    if (refusesQuery(request, response, ['route'])) return;
    sendOnePeer(source, request, response);
  });
  const reports = {
    peers: () => source.peersReport(),
    clock: () => source.clockReport(),
    pauses: () => source.pausesReport(),
  };
  for (const [path, report] of Object.entries(reports)) {
    router.get(`/${path}`, (request, response) => {
      if (!refusesQuery(request, response, [])) sendJson(response, report());
    });
  }
  router.all('/heartbeat', (request, response) => source.handleHeartbeat(request, response));
  if (metrics) router.get('/metrics', metricsHandler(source.metricProducer));
  router.all(/^\/(timeouts(\/[^/]+)?|peers|clock|pauses)\/?$/, refuseMethod);
  router.use(badRequest);
  return router;
}

function sendOnePeer(source: ApiSource, request: Request, response: Response): void {
  const peer = String(request.params.peer);
  if (!PEER.test(peer)) {
    return badInput(
      response,
      `peer must be host:port, such as localhost:3001; got ${quoted(peer)}`,
    );
  }
  const report = source.timeouts(peer);
  if (report.timeouts.length === 0) {
    return notFound(
      response,
      `no request went to ${quoted(peer)} yet; GET /peers lists who is known`,
    );
  }
  const { route } = request.query;
  if (typeof route !== 'string') return sendJson(response, report);
  const timeouts = report.timeouts.filter((entry) => entry.route === route);
  if (timeouts.length > 0) return sendJson(response, { ...report, timeouts });
  const known = report.timeouts.map((entry) => entry.route).join(', ');
  return notFound(response, `${peer} has no route ${quoted(route)}; known are ${known}`);
}

/** Answers 400 and returns true if the query holds what this path does not take. */
function refusesQuery(request: Request, response: Response, known: readonly string[]): boolean {
  for (const [name, value] of Object.entries(request.query)) {
    if (known.includes(name) && typeof value === 'string') continue;
    const takes = known.length > 0 ? `takes ${known.join(', ')}, once each` : 'takes no query';
    badInput(response, `this path ${takes}; got ${quoted(name)}`);
    return true;
  }
  return false;
}

function refuseMethod(request: Request, response: Response): void {
  response.setHeader('allow', 'GET, HEAD');
  const detail = `the API is read-only; got ${request.method}`;
  sendProblem(response, { status: 405, title: 'Method not allowed', detail });
}

/** A path that does not decode is the client's mistake; what else is thrown is the host's to see. */
function badRequest(
  error: unknown,
  _request: Request,
  response: Response,
  next: NextFunction,
): void {
  if (error instanceof URIError) badInput(response, 'the path does not decode');
  else next(error);
}

function badInput(response: ServerResponse, detail: string): void {
  sendProblem(response, { status: 400, title: 'Bad request', detail } satisfies Problem);
}

function notFound(response: ServerResponse, detail: string): void {
  sendProblem(response, { status: 404, title: 'Not found', detail } satisfies Problem);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
