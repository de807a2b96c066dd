/** The report of a running node, over its API. */
import { z } from 'zod';
import { show, TardyError } from '../errors.ts';
import { type TimeoutsReport, timeoutsReportSchema } from '../report.ts';
import { usageError } from './parse.ts';
import { printable } from './text.ts';

export const DEFAULT_URL = 'http://localhost:3000/tardy';

/** A node that takes longer to answer is as good as gone for somebody who waits. */
const ANSWER_MS = 5000;
/** 2,000 routes are 2 MB; what is far larger is not a report. */
const BYTES_MAX = 32 * 1024 * 1024;
/** Mistakes listed of an answer that is no report: the first ones tell. */
const ISSUES_MAX = 3;

const ADVICE =
  'Is the process running, and does it mount the API: app.use("/tardy", router())? ' +
  'Another place is given with --url or TARDY_URL';

/** `GET <url>/timeouts`. Throws ERR_TARDY_UNREACHABLE that says what was tried. */
export async function nodeReport(url: string, signal: AbortSignal): Promise<TimeoutsReport> {
  const address = timeoutsUrl(url);
  const body = parseJson(await get(address, signal), address);
  const parsed = timeoutsReportSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, ISSUES_MAX);
  const what = z.prettifyError({ issues }).replace(/\s+/g, ' ');
  throw unreachable(address, `what it answered is no report of tardy: ${what}`);
}

/** The address of the report below the place where the router is mounted. */
export function timeoutsUrl(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw usageError(`the URL must be absolute, such as ${DEFAULT_URL}; got ${show(url)}`);
  }
  const base = parsed.origin + parsed.pathname.replace(/\/+$/, '');
  return base.endsWith('/timeouts') ? base : `${base}/timeouts`;
}

async function get(address: string, signal: AbortSignal): Promise<string> {
  let response: Response;
  try {
    const timeout = AbortSignal.timeout(ANSWER_MS);
    response = await fetch(address, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.any([signal, timeout]),
    });
    if (response.ok) return await readBody(response);
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreachable(address, whyNot(error));
  }
  throw unreachable(address, `it answered ${response.status} ${response.statusText}`.trimEnd());
}

async function readBody({ body }: Response): Promise<string> {
  if (!body) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > BYTES_MAX) throw new Error(`its answer is longer than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, address: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreachable(address, `what it answered is no JSON: ${show(text.slice(0, 60))}`);
  }
}

/** fetch says "fetch failed"; the cause says why, for a name with two addresses in a list. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_MS / 1000} s`;
  const { cause } = error;
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (!(first instanceof Error)) return error.message;
  const { code } = first as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' ? `nobody listens there (${code})` : first.message;
}

function unreachable(address: string, why: string): TardyError {
  const message = `cannot get ${address}: ${printable(why)}. ${ADVICE}`;
  return new TardyError('ERR_TARDY_UNREACHABLE', message);
}
