/**
 * Express middleware that refuses requests under a lease that another has taken over.
 *
 * It reads the fencing token of a request and refuses early what is too old. That is check-then-act:
 * between the check and the write the process may stand still and a newer token may come. What is
 * safe is `fence.guard(request, write)`, which compares and writes in one transaction.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { argumentError, show, TardyError } from '../errors.ts';
import { type Problem, sendProblem } from '../api/problem.ts';
import { parseToken } from '../lease/fencing-rule.ts';
import {
  type FencingStore,
  isResource,
  type Raised,
  type StaleTokenError,
  type StoreError,
  type TransactionalFencingStore,
} from '../leasing/fencing-store.ts';
import { leaseDiagnostics, recordRejection, type StaleToken } from '../leasing/hub.ts';

const HEADER = 'Fencing-Token';
/** What changes nothing. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** When to come again after the store could not be asked, in seconds: an election of etcd. */
const RETRY_AFTER_S = 2;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

type Next = (error?: unknown) => void;

export interface FencingOptions<R extends IncomingMessage, S extends FencingStore> {
  /**
   * What the lease is on: a name, or how to find it; at most 512 characters. A part of it will not
   * do: a token that was not seen for this part yet does not refuse the one before it.
   */
  readonly resource: string | ((request: R) => string);
  readonly store: S;
  /** Name of the header with the token. Default `Fencing-Token`. */
  readonly header?: string;
  /** Ask GET, HEAD and OPTIONS for a token too. Default false. */
  readonly safeMethods?: boolean;
  /** Called with each refusal; what it throws goes to OpenTelemetry's diag. */
  readonly onRejected?: (stale: StaleToken, request: R) => void;
}

/** The token of a request and what it is for. */
export interface RequestFence {
  readonly resource: string;
  readonly token: bigint;
}

/** A middleware, and what its handlers write through. */
export interface FencingMiddleware<R extends IncomingMessage, S extends FencingStore> {
  (request: R, response: ServerResponse, next: Next): void;
  /** Throws ERR_TARDY_STATE for a request that did not pass this middleware with a token. */
  of(request: R): RequestFence;
  /**
   * Writes, if the token is still the highest, in one transaction with the comparison: the
   * store's `guard`. Rejects with a `StaleTokenError`, which Express answers with 412 if nobody
   * catches it; `fencingErrors()` makes a problem document of it.
   */
  guard: S extends TransactionalFencingStore<infer W, infer T>
    ? (request: R, write: W) => Promise<T>
    : never;
}

/**
 * `app.use(fencing({ resource: 'ledger', store }))`. Answers 428 without a token, 400 for what is
 * none, 412 with the token seen for one that is too low, 503 if the store cannot be asked; each
 * as problem details. Throws ERR_TARDY_ARGUMENT for a header or a resource that has no name.
 */
export function fencing<S extends FencingStore, R extends IncomingMessage = IncomingMessage>(
  options: FencingOptions<R, S>,
): FencingMiddleware<R, S> {
  const { resource, store, header = HEADER, safeMethods = false, onRejected } = options;
  if (!HEADER_NAME.test(header)) throw argumentError('header', header, 'the name of a header');
  if (typeof resource !== 'function' && !isResource(resource)) {
    throw argumentError('resource', resource, 'a name, or a function that gives one');
  }
  const fences = new WeakMap<R, RequestFence>();
  const tell = leaseDiagnostics.guard('onRejected', onRejected ?? (() => undefined));
  const field = header.toLowerCase();

  async function check(request: R): Promise<Refusal | undefined> {
    if (!safeMethods && SAFE_METHODS.has(request.method ?? '')) return undefined;
    const name = typeof resource === 'function' ? resource(request) : resource;
    if (!isResource(name)) return badResource(name);
    const given = request.headers[field];
    if (given === undefined) return missing(header);
    // Node joins a header that came twice with a comma, which no token has.
    const token = parseToken(String(given));
    if (token === undefined) return malformed(header, String(given));
    const raised = await asked(name, token);
    if (!raised) return unavailable(); // the handler did not run
    const { accepted, seen } = raised;
    if (accepted) return void fences.set(request, { resource: name, token });
    const stale = { resource: name, token, seen };
    recordRejection(stale);
    tell(stale, request);
    return tooOld(stale);
  }

  /** Undefined if the store cannot be asked, for whatever reason: then nobody may write. */
  async function asked(name: string, token: bigint): Promise<Raised | undefined> {
    try {
      return await store.raise(name, token);
    } catch (error) {
      leaseDiagnostics.failed('fencing store', error);
      return undefined;
    }
  }

  function of(request: R): RequestFence {
    const fence = fences.get(request);
    if (fence) return fence;
    throw new TardyError(
      'ERR_TARDY_STATE',
      `the request did not bring a ${header} through fencing()`,
    );
  }

  async function guard(request: R, write: unknown): Promise<unknown> {
    const { resource: name, token } = of(request);
    try {
      return await transactional(store).guard(name, token, write);
    } catch (error) {
      if (isStale(error)) tell(error, request);
      throw error;
    }
  }

  const middleware = (request: R, response: ServerResponse, next: Next): void => {
    check(request).then((refusal) => {
      if (refusal) send(response, refusal);
      else next();
    }, next);
  };
  return Object.assign(middleware, { of, guard }) as unknown as FencingMiddleware<R, S>;
}

/**
 * Express error handler behind the routes: what `fence.guard` rejects with becomes problem
 * details, 412 with the token seen or 503, with `Retry-After` if nothing was written; other errors
 * go on.
 */
export function fencingErrors() {
  return (error: unknown, _: IncomingMessage, response: ServerResponse, next: Next): void => {
    const refusal = refusalOf(error);
    if (refusal && !response.headersSent) send(response, refusal);
    else next(error);
  };
}

function refusalOf(error: unknown): Refusal | undefined {
  if (isStale(error)) return tooOld(error);
  if (!isOfStore(error)) return undefined;
  return error.outcome === 'not-applied' ? unavailable() : unanswered();
}

/** By their codes: errors of another copy of the package are of another class. */
function isStale(error: unknown): error is StaleTokenError {
  return TardyError.is(error) && error.code === 'ERR_TARDY_FENCED';
}

function isOfStore(error: unknown): error is StoreError {
  return TardyError.is(error) && error.code === 'ERR_TARDY_UNREACHABLE' && 'outcome' in error;
}

function transactional(store: FencingStore): TransactionalFencingStore<unknown, unknown> {
  if ('guard' in store) return store as TransactionalFencingStore<unknown, unknown>;
  throw new TardyError('ERR_TARDY_STATE', 'the store of fencing() has no guard(): it cannot write');
}

interface Refusal extends Problem {
  /** When to come again, in seconds: a header, and no member. */
  readonly retryAfterS?: number;
  readonly resource?: string;
  /** Tokens as texts: a number of JSON loses digits beyond 2^53. */
  readonly token?: string;
  readonly seen?: string;
}

/** Nothing was written: the only refusal after which the same request may come again. */
function unavailable(): Refusal {
  const detail = 'the store of fencing tokens cannot be asked, so nothing was written';
  const retryAfterS = RETRY_AFTER_S;
  return { status: 503, title: 'Service Unavailable', detail, retryAfterS };
}

function unanswered(): Refusal {
  const detail =
    'the store of fencing tokens did not answer: whether it was written is not known; ' +
    'read before you do it again';
  return { status: 503, title: 'Service Unavailable', detail };
}

function badResource(name: unknown): Refusal {
  const detail = `the resource of this request has no name that is remembered: ${show(name)}`;
  return { status: 400, title: 'Bad Request', detail };
}

function missing(header: string): Refusal {
  const detail = `${header} is missing: send the fencing token of your lease, such as "${header}: 33"`;
  return { status: 428, title: 'Precondition Required', detail };
}

function malformed(header: string, given: string): Refusal {
  const detail = `${header} must be one unsigned decimal number below 2^64; got ${show(given)}`;
  return { status: 400, title: 'Bad Request', detail };
}

function tooOld({ resource, token, seen }: StaleToken): Refusal {
  return {
    status: 412,
    title: 'Precondition Failed',
    detail: `the lease with token ${token} is over: a write with token ${seen} was seen`,
    resource,
    token: token.toString(),
    seen: seen.toString(),
  };
}

function send(response: ServerResponse, { retryAfterS, ...problem }: Refusal): void {
  if (response.headersSent) return; // somebody answered while the store was asked
  if (retryAfterS !== undefined) response.setHeader('retry-after', `${retryAfterS}`);
  sendProblem(response, problem);
}
