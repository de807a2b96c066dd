/** An AbortSignal that fires when a call takes longer than advised: for every client that has one. */
import { argumentError } from '../errors.ts';
import { armDeadline, type Deadline } from './deadline.ts';
import type { CallOptions, Plan, TimeoutSource } from './source.ts';
import { TardyTimeoutError } from './timeout-error.ts';

export interface SignalOptions extends CallOptions {
  /** Default GET. */
  readonly method?: string | undefined;
  /** The caller's own signal: whichever fires first wins, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A signal with an end: `using signal = signalFor(url)`, or `signal.done()`. */
export interface TimeoutSignal extends AbortSignal, Disposable {
  /** The call is over: stops the clock and lets go of the caller's signal. */
  done(): void;
}

/**
 * A signal for one call, made when the call is made. It aborts with a `TardyTimeoutError` after
 * `connectMs + responseMs`: a signal cannot know when the request is written, and cutting off a
 * reply that came in time, after a slow handshake, is how work gets done twice. Where that can be
 * seen (`adaptiveFetch`, `adaptiveTimeout`, `adaptiveAgent`) waits are sharper.
 *
 * Like that of `AbortSignal.timeout`, its clock does not stop at the response headers: call
 * `done()` there if the body may take longer. If nobody does, everything is released when it fires.
 * Without a plan for the call it follows the caller's signal and nothing else.
 *
 * Throws ERR_TARDY_ARGUMENT if `url` is no absolute http(s) URL.
 */
export function signalFor(
  source: TimeoutSource,
  url: string | URL,
  { method = 'GET', signal: ofCaller, ...call }: SignalOptions = {},
): TimeoutSignal {
  const text = String(url);
  const protocol = URL.parse(text)?.protocol;
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw argumentError('url', text, 'an absolute http or https URL');
  }
  const plan = ofCaller?.aborted ? undefined : source.plan({ ...call, url: text, method });
  if (plan) return new ArmedSignal(source, plan, ofCaller).signal;
  const signal = ofCaller ? AbortSignal.any([ofCaller]) : new AbortController().signal;
  return withDone(signal, () => undefined);
}

class ArmedSignal {
  readonly signal: TimeoutSignal;
  readonly #controller = new AbortController();
  readonly #startedMs = performance.now();
  readonly #plan: Plan;
  readonly #ofCaller: AbortSignal | undefined;
  /** The timer holds the signal: one that is collected before it fires would abort nothing. */
  readonly #deadline: Deadline;

  constructor(source: TimeoutSource, plan: Plan, ofCaller: AbortSignal | undefined) {
    this.#plan = plan;
    this.#ofCaller = ofCaller;
    this.signal = withDone(this.#controller.signal, () => this.#done());
    this.#deadline = armDeadline(source, this.#timeoutMs, () => this.#expired());
    ofCaller?.addEventListener('abort', this.#follow, { once: true });
  }

  get #timeoutMs(): number {
    return this.#plan.connectMs + this.#plan.responseMs;
  }

  readonly #follow = (): void => {
    this.#done();
    this.#controller.abort(this.#ofCaller?.reason);
  };

  #expired(): void {
    this.#done();
    const elapsedMs = performance.now() - this.#startedMs;
    const timeoutMs = this.#timeoutMs;
    this.#controller.abort(
      new TardyTimeoutError({ plan: this.#plan, phase: 'response', timeoutMs, elapsedMs }),
    );
  }

  #done(): void {
    this.#deadline.clear();
    this.#ofCaller?.removeEventListener('abort', this.#follow);
  }
}

function withDone(signal: AbortSignal, done: () => void): TimeoutSignal {
  return Object.defineProperties(signal, {
    done: { value: done },
    [Symbol.dispose]: { value: done },
  }) as TimeoutSignal;
}
