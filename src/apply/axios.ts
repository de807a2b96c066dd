/** Timeouts for an axios instance, through the agents of its http adapter. */
import { type Agent, globalAgent } from 'node:http';
import { globalAgent as globalTlsAgent } from 'node:https';
import { adaptiveAgent } from './node-http.ts';
import type { CallOptions, TimeoutSource } from './source.ts';

/** What is used of a request configuration. */
export interface AxiosConfigLike {
  httpAgent?: unknown;
  httpsAgent?: unknown;
  proxy?: unknown;
}

/** What is used of an instance, or of axios itself. */
export interface AxiosLike {
  readonly interceptors: {
    readonly request: {
      use(onFulfilled: <C extends AxiosConfigLike>(config: C) => C): number;
      eject(id: number): void;
    };
  };
}

/**
 * Gives each request of the instance the timeouts of `adaptiveAgent`. A call that takes longer
 * fails with an AxiosError whose name is `TimeoutError`, whose code is `ERR_TARDY_TIMEOUT` and whose
 * `cause` is the `TardyTimeoutError`. The caller's own `timeout` and `signal` are untouched: the
 * shorter wins. Bodies and streams are not timed. Other adapters than axios' http, HTTPS through a
 * proxy, and HTTP/2 pay no heed to agents: their requests are not timed.
 *
 * Gives what takes it back.
 */
export function adaptAxios(
  source: TimeoutSource,
  { interceptors }: AxiosLike,
  options: CallOptions = {},
): () => void {
  const agents = new WeakMap<object, Agent>();
  const adapted = (agent: unknown, fallback: Agent): unknown => {
    const inner: unknown = agent ?? fallback;
    if (typeof inner !== 'object' || inner === null) return agent;
    let outer = agents.get(inner);
    if (!outer) agents.set(inner, (outer = adaptiveAgent(source, inner as Agent, options)));
    return outer;
  };
  const id = interceptors.request.use((config) => {
    if (config.proxy === false && usesProxyEnv(config)) return config;
    config.httpAgent = adapted(config.httpAgent, globalAgent);
    config.httpsAgent = adapted(config.httpsAgent, globalTlsAgent);
    return config;
  });
  return () => interceptors.request.eject(id);
}

/** axios refuses to switch the proxy off for an agent that is not Node's own. */
function usesProxyEnv({ httpAgent, httpsAgent }: AxiosConfigLike): boolean {
  return [httpAgent ?? globalAgent, httpsAgent ?? globalTlsAgent].some((agent) =>
    Boolean((agent as { options?: { proxyEnv?: unknown } }).options?.proxyEnv),
  );
}
