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
  readonly signal?: AbortSignal | undefined;
}

export interface EtcdGateway {
  /** Rejects with a `StoreError`. `path`: such as `kv/txn`. */
  call(path: string, body: unknown, how: EtcdCall): Promise<unknown>;
}

/** Errors of a connection that never was: nobody read the request. */
const NEVER_SENT = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['UND_ERR_CONNECT_TIMEOUT'],
]);

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
    for (let i = 0; i < bases.length; i++) {
      const at = (best + i) % bases.length;
      const { answer, error, isRefused } = await post(`${bases[at]}/v3/${path}`, body, how.signal);
      if (!error) {
        best = at;
        return answer;
      }
      // What one endpoint may have done stays unknown, whatever the next one says.
      if (failure?.outcome !== 'unknown') failure = error;
      const mayRepeat = how.repeatable || error.outcome === 'not-applied';
      if (isRefused || !mayRepeat || how.signal?.aborted) break;
    }
    throw failure as StoreError;
  }

  async function post(
    url: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Posted> {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const response = await ask(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      const text = await response.text();
      return response.ok ? { answer: JSON.parse(text) } : notOk(url, response.status, text);
    } catch (cause) {
      const outcome = NEVER_SENT.has(codeOf(cause)) ? 'not-applied' : 'unknown';
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

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const errors = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  const codes = errors.map((each) => String((each as NodeJS.ErrnoException | undefined)?.code));
  // Several addresses: certainly not sent only if none of them was connected to.
  return codes.find((code) => !NEVER_SENT.has(code)) ?? codes[0] ?? '';
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  return code === 'undefined' ? error.message : code;
}

/** Keys and values as the gateway takes them. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString();
}
