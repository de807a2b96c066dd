/**
 * One call under its plan: which phase it is in, and what happens when the phase takes too long.
 *
 * call → connectMs → connected → (upload, not judged: its pace may be the caller's own) → written
 * → responseMs → replied → bodyTimeoutMs, if asked for → over.
 */
import { armDeadline, type Deadline } from './deadline.ts';
import type { Plan, TimeoutSource } from './source.ts';
import { TardyTimeoutError, type TimeoutPhase } from './timeout-error.ts';

/** What a timeout does to a call. */
export interface GuardedCall {
  /** The caller is told. `listening`: the exchange goes on, for its reply is worth knowing. */
  refuse(error: TardyTimeoutError, listening: boolean): void;
  /** The exchange is ended, at the latest now. */
  abort(error: TardyTimeoutError): void;
}

export interface GuardOptions {
  readonly source: TimeoutSource;
  readonly plan: Plan;
  readonly call: GuardedCall;
  /** Longest wait from the response headers to the end of the body, in ms. Default: no limit. */
  readonly bodyTimeoutMs?: number | undefined;
}

export class CallGuard {
  readonly #plan: Plan;
  readonly #call: GuardedCall;
  readonly #bodyTimeoutMs: number;
  readonly #deadline: Deadline;
  #phase: TimeoutPhase | 'over' = 'connect';
  #timeoutMs: number;
  readonly #startedMs = performance.now();
  /** The error that the caller was refused with. */
  refused: TardyTimeoutError | undefined;

  constructor({ source, plan, call, bodyTimeoutMs = Infinity }: GuardOptions) {
    this.#plan = plan;
    this.#call = call;
    this.#bodyTimeoutMs = bodyTimeoutMs;
    this.#timeoutMs = plan.connectMs;
    this.#deadline = armDeadline(source, plan.connectMs, () => this.#expired());
  }

  /** Nobody will tell when it is written: both phases together, from the call. */
  untold(): void {
    this.#enter('response', this.#plan.connectMs + this.#plan.responseMs);
  }

  /** It has a connection (again, if it was retried); an upload is yet to be written. */
  connected(uploads: boolean): void {
    if (this.#phase === 'body') return;
    this.#enter('response', uploads ? Infinity : this.#plan.responseMs);
  }

  /** Head and body are written: the peer can answer. */
  written(): void {
    if (this.#phase === 'response') this.#enter('response', this.#plan.responseMs);
  }

  /** The response headers are here. */
  replied(): void {
    if (this.#phase !== 'body') this.#enter('body', this.#bodyTimeoutMs);
  }

  over(): void {
    this.#phase = 'over';
    this.#deadline.clear();
  }

  #enter(phase: TimeoutPhase, timeoutMs: number): void {
    if (this.refused || this.#phase === 'over') return;
    this.#phase = phase;
    this.#timeoutMs = timeoutMs;
    if (timeoutMs === Infinity) this.#deadline.clear();
    else this.#deadline.restart(timeoutMs);
  }

  #expired(): void {
    if (this.refused) {
      this.#call.abort(this.refused);
      return;
    }
    const elapsedMs = performance.now() - this.#startedMs;
    const { listenOnMs = 0 } = this.#plan;
    // What is not written yet must not be done for a caller that is gone.
    const listening = this.#phase === 'response' && listenOnMs > elapsedMs;
    this.refused = this.#error(elapsedMs);
    if (listening) this.#deadline.restart(listenOnMs - elapsedMs);
    this.#call.refuse(this.refused, listening);
    if (!listening) this.#call.abort(this.refused);
  }

  #error(elapsedMs: number): TardyTimeoutError {
    const phase = this.#phase === 'over' ? 'body' : this.#phase;
    const timeoutMs = this.#timeoutMs;
    return new TardyTimeoutError({ plan: this.#plan, phase, timeoutMs, elapsedMs });
  }
}
