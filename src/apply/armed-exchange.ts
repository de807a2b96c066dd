/**
 * One exchange of undici under guard, whichever handler interface it has.
 *
 * An AbortSignal never reaches a request that undici has queued, and a peer that swallows every
 * SYN keeps it queued. So a timeout tells the handler by itself, lets it hear nothing after that,
 * and aborts the exchange as soon as undici hands over the means.
 */
import { CallGuard, type GuardedCall, type GuardOptions } from './call-guard.ts';
import type { TardyTimeoutError } from './timeout-error.ts';

type Abort = (reason: Error) => void;

export interface ArmedExchangeOptions extends Omit<GuardOptions, 'call'> {
  /** True if there is a body to upload that comes at its own pace. */
  readonly uploads: boolean;
  /** Tells the handler that it has failed. */
  readonly fail: (error: Error) => void;
  /**
   * Where the caller is told without the handler's help. The handler then stays attached while
   * the exchange is listened to.
   */
  readonly refuse?: ((error: TardyTimeoutError) => void) | undefined;
}

export class ArmedExchange implements GuardedCall {
  readonly #uploads: boolean;
  readonly #fail: (error: Error) => void;
  readonly #refuse: ArmedExchangeOptions['refuse'];
  readonly #guard: CallGuard;
  #abort: Abort | undefined;
  #reason: TardyTimeoutError | undefined;
  /** False once the handler has had its last word. */
  attached = true;

  constructor(options: ArmedExchangeOptions) {
    this.#uploads = options.uploads;
    this.#fail = options.fail;
    this.#refuse = options.refuse;
    this.#guard = new CallGuard({ ...options, call: this });
  }

  refuse(error: TardyTimeoutError, listening: boolean): void {
    if (this.#refuse) this.#refuse(error);
    else if (listening) this.#tell(error);
  }

  abort(error: TardyTimeoutError): void {
    this.#reason = error;
    try {
      this.#abort?.(error); // undici tells the handler, and its channels, with this reason
    } finally {
      this.#tell(error);
    }
  }

  /** False: it was given up before it had a connection, and nobody shall write it. */
  connected(abort: Abort): boolean {
    this.#abort = abort;
    if (this.#reason) {
      abort(this.#reason);
      return false;
    }
    this.#guard.connected(this.#uploads);
    return this.attached;
  }

  written(): void {
    this.#guard.written();
  }

  /** False: its caller is gone. Informational (1xx) responses are no reply. */
  replied(statusCode: number): boolean {
    if (this.attached) {
      if (statusCode >= 200) this.#guard.replied();
      return true;
    }
    if (statusCode >= 200 && this.#guard.refused) this.#late(this.#guard.refused);
    return false;
  }

  /** It has ended; false if the handler knows of an end already. */
  end(): boolean {
    this.#guard.over();
    const { attached } = this;
    this.attached = false;
    return attached;
  }

  #tell(error: Error): void {
    if (!this.attached) return;
    this.attached = false;
    this.#fail(error);
  }

  /** The time of its reply is known: what it says interests nobody. */
  #late(error: TardyTimeoutError): void {
    this.#guard.over();
    this.#abort?.(error);
  }
}
