import type { ServerResponse } from 'node:http';

/** An error as RFC 9457 problem details; it may have members of its own. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

export function sendProblem(response: ServerResponse, problem: Problem): void {
  const body = { type: 'about:blank', ...problem };
  send(response, problem.status, 'application/problem+json', body);
}

export function sendJson(response: ServerResponse, body: unknown): void {
  send(response, 200, 'application/json; charset=utf-8', body);
}

/** What is measured changes all the time: nobody may keep it. */
function send(response: ServerResponse, status: number, type: string, body: unknown): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  response.setHeader('content-type', type);
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
