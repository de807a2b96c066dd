/**
 * etcd over its JSON gateway: calls, fail-over between endpoints, and errors told apart.
 *
 * A call that was certainly not read (nothing listens there) goes to the next endpoint. One whose
 * answer did not come may have been carried out: it is tried again elsewhere only if doing it
 * twice does no harm.
 */
import { argumentError, show } from '../errors.ts';
import { StoreError } from './fencing-store.ts';

/** An election takes up to 1.5 s with etcd's defaults; an answer on a LAN some milliseconds. */
const TIMEOUT_MS = 2000;

export interface EtcdOptions {
  /** Such as `['http://10.0.0.1:2379']`, at least one. */
  readonly endpoints: readonly string[];
  /** Instead of the global `fetch`: for TLS with a client's certificate, or credentials. */
  readonly fetch?: typeof fetch;
  /** For each endpoint that is tried, in ms. Default 2000. */
  readonly timeoutMs?: number;
}

export interface EtcdCall {
  /** Doing it twice is doing it once. */
  readonly repeatable: boolean;
  /** For each endpoint, in ms, if that is less than the gateway's `timeoutMs`. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface EtcdGateway {
  /** Rejects with a `StoreError`. `path`: such as `kv/txn`. */
  call(path: string, body: unknown, how: EtcdCall): Promise<unknown>;
}

/** What fails here came before the request: nobody read it. The same codes also end what was sent. */
const BEFORE_SENDING = new Set(['connect', 'getaddrinfo']);
const CONNECT_TIMEOUT = 'UND_ERR_CONNECT_TIMEOUT';

/** Codes of gRPC that say that the request was refused, and not that something broke on the way. */
const REFUSED = new Set([3, 5, 6, 7, 9, 11, 12, 16]);

/** Throws ERR_TARDY_ARGUMENT for endpoints that are no http(s) URLs. */
export function createEtcdGateway(options: EtcdOptions): EtcdGateway {
  const { endpoints, timeoutMs = TIMEOUT_MS, fetch: ask = globalThis.fetch } = options;
  const bases = endpoints.map(baseOf);
  if (bases.length === 0) throw argumentError('endpoints', 'none', 'at least one URL');
  if (!(timeoutMs > 0)) throw argumentError('timeoutMs', timeoutMs, 'a number > 0');
  let best = 0;

  async function call(path: string, body: unknown, how: EtcdCall): Promise<unknown> {
    let failure: StoreError | undefined;
    const first = best;
    for (let i = 0; i < bases.length; i++) {
      const at = (first + i) % bases.length;
      const { answer, error, isRefused } = await post(`${bases[at]}/v3/${path}`, body, how);
      if (!error) {
        best = at;
        return answer;
      }
      // What one endpoint may have done stays unknown, whatever the next one says.
      if (failure?.outcome !== 'unknown') failure = error;
      if (isRefused || how.signal?.aborted) break;
      best = (at + 1) % bases.length; // a call that may not be repeated would stay with it for ever
      if (!how.repeatable && error.outcome === 'unknown') break;
    }
    throw failure as StoreError;
  }

  async function post(
    url: string,
    body: unknown,
    { signal, limitMs = timeoutMs }: EtcdCall,
  ): Promise<Posted> {
    const limit = AbortSignal.timeout(Math.min(limitMs, timeoutMs));
    try {
      const response = await ask(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        redirect: 'error', // the answer would be another server's
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      const text = await response.text();
      return response.ok ? { answer: JSON.parse(text) } : notOk(url, response.status, text);
    } catch (cause) {
      const outcome = isNeverSent(cause) ? 'not-applied' : 'unknown';
      const message = `etcd: no answer from ${url}: ${whyOf(cause)}`;
      return { error: new StoreError(message, { outcome, cause }) };
    }
  }

  return { call };
}

interface Posted {
  readonly answer?: unknown;
  readonly error?: StoreError;
  /** By etcd itself: asking another member gives the same. */
  readonly isRefused?: boolean;
}

function notOk(url: string, status: number, text: string): Posted {
  const { message, code } = parsed(text);
  const isRefused = typeof code === 'number' && REFUSED.has(code);
  const said = typeof message === 'string' ? message : show(text);
  const outcome = isRefused ? 'not-applied' : 'unknown';
  return {
    error: new StoreError(`etcd: ${url} answered ${status}: ${said}`, { outcome }),
    isRefused,
  };
}

function parsed(text: string): { readonly message?: unknown; readonly code?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object;
  } catch {
    return {};
  }
}

function baseOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, '');
  throw argumentError('endpoints', endpoint, 'URLs such as http://10.0.0.1:2379');
}

/** Several addresses: certainly not sent only if none of them was connected to. */
function isNeverSent(error: unknown): boolean {
  return causesOf(error).every(
    ({ code, syscall = '' }) => code === CONNECT_TIMEOUT || BEFORE_SENDING.has(syscall),
  );
}

/** Of an error of `fetch`: at least one. */
function causesOf(error: unknown): Partial<NodeJS.ErrnoException>[] {
  const cause = error instanceof Error ? error.cause : undefined;
  const causes = cause instanceof AggregateError ? cause.errors : [cause];
  return causes.map((each: unknown) => each ?? {});
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return causesOf(error)[0]?.code ?? error.message;
}

/** Keys and values as the gateway takes them. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString();
}
