/**
 * Handlers that stand between undici and somebody's handler and tell how an attempt goes. They
 * pass everything on as it is, but for an error that the attempt takes upon itself.
 */
import {
  type ControllerLike,
  type CurrentHandler,
  isCurrent,
  type LegacyHandler,
  type SocketLike,
} from './undici-types.ts';

/** One request to one upstream. */
export interface Attempt {
  /** It has a connection: from here on something may have been sent. */
  connected(): void;
  /** It is over, well or not; may be told more than once. */
  ended(): void;
  /** It failed. True: somebody else answers the caller. */
  failed(error: Error): boolean;
}

/** A handler of the same interface as the one it stands before. */
export function attemptHandler(handler: object, attempt: Attempt): object {
  return isCurrent(handler)
    ? new CurrentAttemptHandler(handler, attempt)
    : new LegacyAttemptHandler(handler, attempt);
}

/** A socket that was handed over is in use until it closes. */
function endWithSocket(socket: SocketLike, attempt: Attempt): void {
  const { once } = socket as { readonly once?: (event: string, listener: () => void) => unknown };
  if (once) once.call(socket, 'close', () => attempt.ended());
  else attempt.ended();
}

class CurrentAttemptHandler implements Required<CurrentHandler> {
  readonly #handler: CurrentHandler;
  readonly #attempt: Attempt;

  constructor(handler: CurrentHandler, attempt: Attempt) {
    this.#handler = handler;
    this.#attempt = attempt;
  }

  onRequestStart(controller: ControllerLike, context: unknown): unknown {
    this.#attempt.connected();
    return this.#handler.onRequestStart(controller, context);
  }

  onRequestUpgrade(
    controller: ControllerLike,
    statusCode: number,
    headers: unknown,
    socket: SocketLike,
  ): unknown {
    endWithSocket(socket, this.#attempt);
    return this.#handler.onRequestUpgrade?.(controller, statusCode, headers, socket);
  }

  onResponseStarted(): unknown {
    return this.#handler.onResponseStarted?.();
  }

  onResponseStart(
    controller: ControllerLike,
    statusCode: number,
    headers: unknown,
    statusText: unknown,
  ): unknown {
    return this.#handler.onResponseStart?.(controller, statusCode, headers, statusText);
  }

  onResponseData(controller: ControllerLike, chunk: unknown): unknown {
    return this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: ControllerLike, trailers: unknown): unknown {
    this.#attempt.ended();
    return this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: ControllerLike | null, error: Error): unknown {
    if (this.#attempt.failed(error)) return undefined;
    return this.#handler.onResponseError?.(controller, error);
  }

  onBodySent(chunk: unknown): unknown {
    return this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): unknown {
    return this.#handler.onRequestSent?.();
  }
}

class LegacyAttemptHandler implements Required<LegacyHandler> {
  readonly #handler: LegacyHandler;
  readonly #attempt: Attempt;

  constructor(handler: LegacyHandler, attempt: Attempt) {
    this.#handler = handler;
    this.#attempt = attempt;
  }

  onConnect(abort: (reason?: Error) => void, context: unknown): unknown {
    this.#attempt.connected();
    return this.#handler.onConnect?.(abort, context);
  }

  onUpgrade(statusCode: number, headers: unknown, socket: SocketLike): unknown {
    endWithSocket(socket, this.#attempt);
    return this.#handler.onUpgrade?.(statusCode, headers, socket);
  }

  onResponseStarted(): unknown {
    return this.#handler.onResponseStarted?.();
  }

  onHeaders(
    statusCode: number,
    headers: unknown,
    resume: () => void,
    statusText: unknown,
  ): unknown {
    return this.#handler.onHeaders?.(statusCode, headers, resume, statusText);
  }

  onData(chunk: unknown): unknown {
    return this.#handler.onData?.(chunk);
  }

  onComplete(trailers: unknown): unknown {
    this.#attempt.ended();
    return this.#handler.onComplete?.(trailers);
  }

  onError(error: Error): unknown {
    if (this.#attempt.failed(error)) return undefined;
    return this.#handler.onError?.(error);
  }

  onBodySent(chunk: unknown): unknown {
    return this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): unknown {
    return this.#handler.onRequestSent?.();
  }
}
