/**
 * `fetch` that waits as long as advised.
 *
 * The caller is refused by a promise of our own, at once; the exchange is ended through the
 * dispatcher (see fetch-tap.ts), with the timeout as its reason. So the caller's signal reaches
 * fetch as it is, and no second one has to follow it.
 */
import { armHandler } from './armed-handlers.ts';
import { CallGuard, type GuardedCall } from './call-guard.ts';
import { tapDispatcher, type Tapped } from './fetch-tap.ts';
import type { CallToArm, Plan, TimeoutSource } from './source.ts';
import type { TardyTimeoutError } from './timeout-error.ts';
import { type AdaptiveTimeoutOptions, isPaced, planDispatch } from './undici-interceptor.ts';
import type { DispatcherLike, DispatchOptionsLike } from './undici-types.ts';
import { headersWait } from './waits.ts';

type Fetch = typeof globalThis.fetch;
type FetchInput = Parameters<Fetch>[0];
type FetchInit = NonNullable<Parameters<Fetch>[1]>;

/** What a `dispatcher` in our init came to, for one fetch function. */
interface Learned {
  /** True once this fetch has been seen to use the dispatcher it is given: it is undici's. */
  dispatches: boolean;
}

/**
 * A `fetch` with timeouts: `connectMs` from the call until the request has a connection, then
 * `responseMs` from the request written to the response headers. A call that takes longer is
 * rejected with a `TardyTimeoutError`; everything else is as `fetchFn` has it, the caller's own
 * signal included. Each hop of a redirect has timeouts of its own.
 *
 * Where the moment of writing cannot be seen (a `Request` object, which may hold a dispatcher that
 * nobody can look at; another implementation than Node's) one wait of `connectMs + responseMs`
 * from the call is armed. Uploads of streams are not timed,
 * nor are the bodies of replies unless `bodyTimeoutMs` is given.
 */
export function createAdaptiveFetch(
  source: TimeoutSource,
  fetchFn: Fetch = globalThis.fetch,
  options: AdaptiveTimeoutOptions = {},
): Fetch {
  const learned: Learned = { dispatches: false };
  return function fetch(...args: Parameters<Fetch>) {
    const [input, init] = args;
    const plan = planFetch(source, input, init, options);
    if (!plan) return fetchFn(...args);
    return new FetchCall({ source, plan, options, learned }).run(fetchFn, input, init);
  };
}

function planFetch(
  source: TimeoutSource,
  input: FetchInput,
  init: FetchInit | undefined,
  { route, deadlineMs }: AdaptiveTimeoutOptions,
): Plan | undefined {
  const request = requestOf(input);
  const url = typeof input === 'string' ? input : (request?.url ?? (input as URL).href);
  if (!/^\s*https?:/i.test(url) || headersWait(init?.headers ?? request?.headers)) return undefined;
  const method = (init?.method ?? request?.method ?? 'GET').toUpperCase();
  const call: CallToArm = { url, method, route, deadlineMs };
  return source.plan(call);
}

/** Of whichever implementation: fetch takes a URL, what becomes one, or a Request. */
function requestOf(input: FetchInput): Request | undefined {
  return typeof input === 'object' && 'url' in input ? input : undefined;
}

interface FetchCallOptions {
  readonly source: TimeoutSource;
  readonly plan: Plan;
  readonly options: AdaptiveTimeoutOptions;
  readonly learned: Learned;
}

/** What is laid over the caller's init. */
interface Overlay {
  dispatcher?: DispatcherLike;
  signal?: AbortSignal;
}

class FetchCall implements GuardedCall {
  readonly #options: FetchCallOptions;
  #reject: (error: unknown) => void = () => undefined;
  #refused = false;
  #exchanges = 0;
  /** Watches over the call as long as no exchange of it is seen. */
  #guard: CallGuard | undefined;
  #controller: AbortController | undefined;

  constructor(options: FetchCallOptions) {
    this.#options = options;
  }

  run(fetchFn: Fetch, input: FetchInput, init: FetchInit | undefined): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      const overlay = this.#overlay(input, init);
      // In a function of its own, so that what fetchFn throws at once is a rejection too.
      const reply = (async () => fetchFn(input, laidOver(init, overlay)))();
      reply.then(
        (response) => resolve(this.#replied(response)),
        (error: unknown) => {
          this.#guard?.over();
          this.#reject(error); // as it is, whatever it is
        },
      );
    });
  }

  refuse(error: TardyTimeoutError): void {
    this.#refused = true;
    this.#reject(error);
  }

  abort(error: TardyTimeoutError): void {
    this.#controller?.abort(error);
  }

  #overlay(input: FetchInput, init: FetchInit | undefined): Overlay {
    const { learned } = this.#options;
    const ofCaller = (init as { dispatcher?: unknown } | undefined)?.dispatcher;
    const isHidden = ofCaller === undefined && requestOf(input) !== undefined;
    const dispatcher = isHidden
      ? undefined
      : tapDispatcher(ofCaller, (options, handler) => this.#tap(options, handler, init?.body));
    this.#watch();
    const seen = dispatcher ? { dispatcher } : {};
    return dispatcher && learned.dispatches ? seen : { ...seen, ...this.#withSignal(input, init) };
  }

  /** Until an exchange is seen, and if none ever is: one wait for both phases. */
  #watch(): void {
    const { source, plan, options } = this.#options;
    const { bodyTimeoutMs } = options;
    this.#guard = new CallGuard({ source, plan, call: this, bodyTimeoutMs });
    this.#guard.untold();
  }

  /** Means to end an exchange that may not be ours to see. */
  #withSignal(input: FetchInput, init: FetchInit | undefined): Overlay {
    const ofCaller = init?.signal === undefined ? requestOf(input)?.signal : init.signal;
    if (ofCaller && !(ofCaller instanceof AbortSignal)) return {}; // its own implementation's
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    // Leaves no listener on the caller's signal, which may live for ever.
    return { signal: ofCaller ? AbortSignal.any([ofCaller, signal]) : signal };
  }

  #tap(dispatched: DispatchOptionsLike, handler: object, body: unknown): Tapped {
    const { source, options, learned } = this.#options;
    learned.dispatches = true;
    this.#guard?.over();
    if (this.#guard?.refused) return { error: this.#guard.refused };
    const plan = this.#exchanges++ === 0 ? this.#options.plan : this.#hop(dispatched);
    if (!plan) return { handler };
    const { bodyTimeoutMs } = options;
    // Whatever the caller gave, fetch makes a stream of it.
    const uploads = isPaced(dispatched.body) && (body === undefined || isPaced(body));
    const refuse = (error: TardyTimeoutError) => this.refuse(error);
    return armHandler(handler, { source, plan, uploads, bodyTimeoutMs, refuse });
  }

  #hop(dispatched: DispatchOptionsLike): Plan | undefined {
    return planDispatch(this.#options.source, dispatched, this.#options.options);
  }

  #replied(response: Response): Response {
    this.#guard?.replied();
    if (this.#refused) discard(response);
    return response;
  }
}

/** The members of init may be anywhere, even getters of a Request's prototype. */
function laidOver(init: FetchInit | undefined, overlay: Overlay): FetchInit {
  const prototype: unknown = init === undefined ? null : Object.getPrototypeOf(init);
  const laid = overlay as FetchInit;
  if (!init || prototype === Object.prototype || prototype === null) return { ...init, ...laid };
  return new Proxy(init, {
    get: (target, key) => Reflect.get(key in laid ? laid : target, key) as unknown,
    has: (target, key) => key in laid || key in target,
  });
}

/** A late reply: its time is known, its body interests nobody. */
function discard(response: Response): void {
  const body = response.body as Partial<ReadableStream> | null | undefined;
  if (typeof body?.cancel !== 'function') return;
  void (async () => body.cancel?.())().catch(() => undefined);
}
