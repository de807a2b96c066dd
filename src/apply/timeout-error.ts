/** The error of a call that was waited for as long as advised. */
import type { Advice } from '../timeout/types.ts';
import type { Plan } from './source.ts';

/** What was waited for: a connection, the response headers, the end of the body. */
export type TimeoutPhase = 'connect' | 'response' | 'body';

/** The mark of the family, see src/errors.ts: `TardyError.is` holds for this error too. */
const BRAND = Symbol.for('tardy/error');

export interface TimedOut {
  readonly plan: Pick<Plan, 'peer' | 'route' | 'advice'>;
  readonly phase: TimeoutPhase;
  readonly timeoutMs: number;
  readonly elapsedMs: number;
}

/**
 * Its name is `TimeoutError`, as of the error of `AbortSignal.timeout`, so that code that tells
 * timeouts from failures goes on doing so.
 */
export class TardyTimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ERR_TARDY_TIMEOUT';
  readonly phase: TimeoutPhase;
  /** `host:port`. */
  readonly peer: string;
  readonly route: string;
  /** The timeout of the phase, in ms. */
  readonly timeoutMs: number;
  /** Since the call, in ms: more than `timeoutMs` by the phases before, and by our own lateness. */
  readonly elapsedMs: number;
  declare readonly [BRAND]: true;
  readonly #advice: () => Advice | undefined;
  #made: { readonly advice: Advice | undefined } | undefined;

  constructor({ plan, phase, timeoutMs, elapsedMs }: TimedOut) {
    super();
    this.phase = phase;
    this.peer = plan.peer;
    this.route = plan.route;
    this.timeoutMs = timeoutMs;
    this.elapsedMs = elapsedMs;
    this.#advice = plan.advice;
    Object.defineProperty(this, BRAND, { value: true });
    // Most timeouts of an outage are never read, and an advice takes longer to make than an error.
    Object.defineProperty(this, 'message', { configurable: true, get: () => this.#message() });
  }

  /** The advice that the timeout came from, as of the first time somebody asks. */
  get advice(): Advice | undefined {
    this.#made ??= { advice: attempt(this.#advice) };
    return this.#made.advice;
  }

  #message(): string {
    const reason = this.advice?.reason;
    const what = `${MISSING[this.phase](this.peer, this.route)} within ${readable(this.timeoutMs)} ms`;
    return reason === undefined ? what : `${what} (${reason})`;
  }
}

const MISSING = {
  connect: (peer: string, route: string) => `no connection to ${peer} for ${route}`,
  response: (peer: string, route: string) => `no reply from ${peer} ${route}`,
  body: (peer: string, route: string) => `no end of the reply from ${peer} ${route}`,
} satisfies Record<TimeoutPhase, unknown>;

function readable(ms: number): number {
  return ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(3));
}

/** Reading a message must not throw. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
