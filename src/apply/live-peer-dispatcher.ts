/**
 * An undici dispatcher that spreads the requests to one name over several upstreams and avoids
 * those that are suspected.
 */
import { performance } from 'node:perf_hooks';
import { argumentError, TardyError } from '../errors.ts';
import type { PeerState } from '../membership/types.ts';
import { failHandler } from './armed-handlers.ts';
import { type Attempt, attemptHandler } from './balancer-handlers.ts';
import { Balancer } from './balancer.ts';
import { tapDispatcher } from './fetch-tap.ts';
import { type DispatcherLike, type DispatchOptionsLike, isDispatcher } from './undici-types.ts';

const MAX_EJECTED_SHARE = 0.5;
const RECOVERY_MS = 10_000;
/** What may be asked for twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export interface LivePeerDispatcherOptions<D extends object = DispatcherLike> {
  /**
   * The name to call, such as `http://orders`: requests to this origin are spread over the
   * upstreams. All others, redirects to elsewhere among them, pass through as they are.
   */
  readonly origin: string;
  /**
   * Origins such as `http://10.0.0.1:3000`, or what gives the ones there are now. A list that is
   * given must hold one at least, and nothing else. Of what a function gives, that which is no
   * origin is left out; if it throws or gives none, the last ones stay.
   */
  readonly upstreams: readonly string[] | (() => readonly string[]);
  /** What is held of an upstream, asked at each request; undefined, or a throw: unknown. */
  readonly liveness: (origin: string) => PeerState | undefined;
  /**
   * Who makes the requests: an undici Agent, or what is composed of one; a Pool or a Client knows
   * only one origin. Timeouts (`adaptiveTimeout`) belong in here, where the upstream is known. The
   * fetch of Node 24 and older takes none of undici 8. Default: the global one, as it is at each
   * request, and then the result has no other method than `dispatch`.
   */
  readonly dispatcher?: D | undefined;
  /**
   * In [0, 1], default 0.5: of all upstreams never more than this share gets no requests; if more
   * are suspected, the least bad of them do. Higher: fewer requests fail when many have died, and
   * more load on those that live. Lower: a wrong suspicion costs less capacity.
   */
  readonly maxEjectedShare?: number | undefined;
  /**
   * How long a peer that is no longer suspected takes to get its full share back, from a tenth,
   * in ms, finite and >= 0; default 10,000. Shorter: cold caches are hit harder. Longer: the others
   * bear the load longer.
   */
  readonly recoveryMs?: number | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * A dispatcher for `fetch(url, { dispatcher })` and `undici.request(url, { dispatcher })`: the one
 * given, with all its methods, but for where it sends what is meant for `origin`.
 *
 * It chooses, and does not retry, with one exception: a connection that was refused, before
 * anything was sent, is tried once on another upstream if the method is idempotent and the body,
 * if any, is in memory.
 *
 * The upstream gets its own name as Host, unless the caller set one. Throws ERR_TARDY_ARGUMENT.
 */
export function livePeerDispatcher<D extends object = DispatcherLike>(
  options: LivePeerDispatcherOptions<D>,
): NoInfer<D> {
  const origin = toOrigin(options.origin);
  if (!origin) throw argumentError('origin', options.origin, 'an http(s) origin');
  const next = nextOf(options.dispatcher);
  const balanced = new BalancedDispatch(origin, next, balancerOf(options));
  const dispatch = (asked: DispatchOptionsLike, handler: object) =>
    balanced.dispatch(asked, handler);
  // As undici's own compose does it: whatever calls `this.dispatch` comes to ours.
  return new Proxy(next, {
    get: (target, key) => (key === 'dispatch' ? dispatch : (Reflect.get(target, key) as unknown)),
  }) as D;
}

function nextOf(dispatcher: unknown): DispatcherLike {
  const next = dispatcher ?? tapDispatcher(undefined, (_asked, handler) => ({ handler }));
  if (isDispatcher(next)) return next;
  throw argumentError('dispatcher', dispatcher, 'an undici Dispatcher');
}

function balancerOf({
  upstreams,
  liveness,
  maxEjectedShare = MAX_EJECTED_SHARE,
  recoveryMs = RECOVERY_MS,
  random = Math.random,
}: LivePeerDispatcherOptions<object>): Balancer {
  if (typeof liveness !== 'function') throw argumentError('liveness', liveness, 'a function');
  if (!(maxEjectedShare >= 0 && maxEjectedShare <= 1)) {
    throw argumentError('maxEjectedShare', maxEjectedShare, 'in [0, 1]');
  }
  if (!(recoveryMs >= 0 && Number.isFinite(recoveryMs))) {
    throw argumentError('recoveryMs', recoveryMs, 'finite and >= 0');
  }
  return new Balancer({
    upstreams: typeof upstreams === 'function' ? current(upstreams) : fixed(upstreams),
    liveness: (origin) => attempted(() => liveness(origin)),
    maxEjectedShare,
    recoveryMs,
    random,
  });
}

function fixed(upstreams: readonly string[]): () => readonly string[] {
  const origins = Array.isArray(upstreams) ? upstreams.map(toOrigin) : [];
  if (origins.length === 0 || origins.includes(undefined)) {
    throw argumentError('upstreams', upstreams, 'http(s) origins, at least one, or a function');
  }
  const distinct = distinctOf(origins);
  return () => distinct;
}

/** Parsed anew only when they have changed. */
function current(upstreams: () => readonly string[]): () => readonly string[] {
  let last: readonly string[] = [];
  let origins: readonly string[] = [];
  return () => {
    const given = attempted(() => [...upstreams()]);
    if (!given || isSame(given, last)) return origins;
    const distinct = distinctOf(given.map(toOrigin));
    if (distinct.length > 0) origins = distinct;
    last = given;
    return origins;
  };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function distinctOf(origins: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(origins.filter((origin) => origin !== undefined))];
}

/** The caller's functions run within its requests: what they throw must not fail one. */
function attempted<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** As undici writes it; undefined for what says more than an http(s) origin, or less. */
function toOrigin(given: unknown): string | undefined {
  const url = typeof given === 'string' ? URL.parse(given) : null;
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  return url.href === `${url.origin}/` ? url.origin : undefined;
}

class BalancedDispatch {
  readonly #origin: string;
  readonly #next: DispatcherLike;
  readonly #balancer: Balancer;

  constructor(origin: string, next: DispatcherLike, balancer: Balancer) {
    this.#origin = origin;
    this.#next = next;
    this.#balancer = balancer;
  }

  dispatch(asked: DispatchOptionsLike, handler: object): boolean {
    if (!this.#isOurs(asked.origin)) return this.#next.dispatch(asked, handler);
    const upstream = this.#balancer.choose(performance.now());
    if (upstream !== undefined) return this.#attempt(upstream, asked, handler, isRepeatable(asked));
    const what = `no upstream of ${this.#origin} is known; let upstreams() give one at least`;
    failHandler(handler, new TardyError('ERR_TARDY_UNREACHABLE', what));
    return false;
  }

  #isOurs(origin: DispatchOptionsLike['origin']): boolean {
    if (origin === this.#origin) return true;
    return typeof origin === 'string'
      ? toOrigin(origin) === this.#origin
      : origin?.origin === this.#origin;
  }

  #attempt(
    upstream: string,
    asked: DispatchOptionsLike,
    handler: object,
    mayRepeat: boolean,
  ): boolean {
    const attempt = new CountedAttempt(this.#balancer, upstream, (error) => {
      if (!mayRepeat || !isRefused(error)) return false;
      const other = this.#balancer.choose(performance.now(), upstream);
      if (other === undefined) return false;
      this.#attempt(other, asked, handler, false);
      return true;
    });
    try {
      return this.#next.dispatch({ ...asked, origin: upstream }, attemptHandler(handler, attempt));
    } catch (error) {
      attempt.ended();
      throw error;
    }
  }
}

class CountedAttempt implements Attempt {
  readonly #balancer: Balancer;
  readonly #upstream: string;
  /** Makes another one, if nothing was sent; true if so. */
  readonly #repeat: (error: Error) => boolean;
  #isConnected = false;
  #isEnded = false;

  constructor(balancer: Balancer, upstream: string, repeat: (error: Error) => boolean) {
    this.#balancer = balancer;
    this.#upstream = upstream;
    this.#repeat = repeat;
    balancer.started(upstream);
  }

  connected(): void {
    this.#isConnected = true;
  }

  ended(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#balancer.ended(this.#upstream);
  }

  failed(error: Error): boolean {
    const isFirst = !this.#isEnded;
    this.ended();
    return isFirst && !this.#isConnected && this.#repeat(error);
  }
}

/**
 * undici tells its handlers of the connection before it writes, and reads no body before. It
 * destroys the streams of a request that failed, and what fetch makes of a body is read once.
 */
function isRepeatable({ method, body }: DispatchOptionsLike): boolean {
  if (!IDEMPOTENT.has(method)) return false;
  return (
    body === undefined || body === null || typeof body === 'string' || ArrayBuffer.isView(body)
  );
}

function isRefused(error: Error): boolean {
  return (error as { readonly code?: unknown }).code === 'ECONNREFUSED';
}
