/** Timeouts for every request through a dispatcher of undici 6 to 8. */
import { armHandler } from './armed-handlers.ts';
import type { CallOptions, Plan, TimeoutSource } from './source.ts';
import type { DispatchOptionsLike } from './undici-types.ts';
import { headersWait } from './waits.ts';

export interface AdaptiveTimeoutOptions extends CallOptions {
  /**
   * Longest wait from the response headers to the end of the body, in ms. Default: no limit, so
   * that streams are not cut.
   */
  readonly bodyTimeoutMs?: number | undefined;
}

/** An interceptor for `compose`; two parameters, as undici demands of what it gives back. */
export type AdaptiveInterceptor = <O extends DispatchOptionsLike, H extends object>(
  dispatch: (options: O, handler: H) => boolean,
) => (options: O, handler: H) => boolean;

/**
 * `new Agent().compose(adaptiveTimeout(source))`, or of the global dispatcher. A request that waits
 * too long for its connection, or for its reply once written, fails with a `TardyTimeoutError`,
 * also while it is queued or its SYN is swallowed. Each attempt of a retry interceptor composed
 * after it has timeouts of its own. Upgrades, CONNECT, event streams and long polls wait as long
 * as they like; so do uploads of streams, and what follows them where undici does not tell its
 * handlers that they have ended (7, behind other interceptors).
 */
export function adaptiveTimeout(
  source: TimeoutSource,
  { bodyTimeoutMs, ...call }: AdaptiveTimeoutOptions = {},
): AdaptiveInterceptor {
  return (dispatch) => (options, handler) => {
    const plan = planDispatch(source, options, call);
    if (!plan) return dispatch(options, handler);
    const uploads = isPaced(options.body);
    const armed = armHandler(handler, { source, plan, uploads, bodyTimeoutMs });
    try {
      // It has whichever interface the handler has.
      return dispatch(options, armed.handler as typeof handler);
    } catch (error) {
      armed.exchange.end();
      throw error;
    }
  };
}

/** The plan of a request as undici sees it. */
export function planDispatch(
  source: TimeoutSource,
  options: DispatchOptionsLike,
  call: CallOptions = {},
): Plan | undefined {
  const { origin, method, upgrade, headers } = options;
  if (!origin || upgrade || method === 'CONNECT' || headersWait(headers)) return undefined;
  const url = urlOf(origin, options.path);
  return url === undefined ? undefined : source.plan({ ...call, url, method });
}

/**
 * True for a body that comes at its producer's pace. What is in memory is handed to the socket in
 * one go, so for it there is no upload to wait for.
 */
export function isPaced(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return !(body instanceof ArrayBuffer || ArrayBuffer.isView(body));
}

/** Through a proxy that does not tunnel, the path is a URL, and the peer is the proxy: no plan. */
function urlOf(origin: string | URL, path: string): string | undefined {
  if (!path.startsWith('/')) return undefined;
  return `${typeof origin === 'string' ? origin.replace(/\/$/, '') : origin.origin}${path}`;
}
