/**
 * Handlers that stand between undici and somebody's handler. They pass everything on as it is,
 * back pressure included, and tell the exchange where it stands.
 */
import { ArmedExchange, type ArmedExchangeOptions } from './armed-exchange.ts';
import {
  type ControllerLike,
  type CurrentHandler,
  isCurrent,
  type LegacyHandler,
  type SocketLike,
} from './undici-types.ts';

type Options = Omit<ArmedExchangeOptions, 'fail'>;

export interface Armed {
  /** Of the same interface as the handler it stands before. */
  readonly handler: object;
  readonly exchange: ArmedExchange;
}

export function armHandler(handler: object, options: Options): Armed {
  const armed = isCurrent(handler)
    ? new ArmedCurrentHandler(handler, options)
    : new ArmedLegacyHandler(handler, options);
  return { handler: armed, exchange: armed.exchange };
}

/** Tells a handler that there is nothing to wait for. */
export function failHandler(handler: object, error: Error): void {
  if (isCurrent(handler)) handler.onResponseError?.(null, error);
  else (handler as LegacyHandler).onError?.(error);
}

class ArmedCurrentHandler implements Required<CurrentHandler> {
  readonly exchange: ArmedExchange;
  readonly #handler: CurrentHandler;
  #controller: ControllerLike | null = null;

  constructor(handler: CurrentHandler, options: Options) {
    this.#handler = handler;
    const fail = (error: Error) => handler.onResponseError?.(this.#controller, error);
    this.exchange = new ArmedExchange({ ...options, fail });
  }

  onRequestStart(controller: ControllerLike, context: unknown): unknown {
    this.#controller = controller;
    if (!this.exchange.connected((reason) => controller.abort(reason))) return undefined;
    return this.#handler.onRequestStart(controller, context);
  }

  onRequestUpgrade(
    controller: ControllerLike,
    statusCode: number,
    headers: unknown,
    socket: SocketLike,
  ): unknown {
    if (!this.exchange.end()) return socket.destroy();
    return this.#handler.onRequestUpgrade?.(controller, statusCode, headers, socket);
  }

  onResponseStarted(): unknown {
    return this.exchange.attached ? this.#handler.onResponseStarted?.() : undefined;
  }

  onResponseStart(
    controller: ControllerLike,
    statusCode: number,
    headers: unknown,
    statusText: unknown,
  ): unknown {
    if (!this.exchange.replied(statusCode)) return undefined;
    return this.#handler.onResponseStart?.(controller, statusCode, headers, statusText);
  }

  onResponseData(controller: ControllerLike, chunk: unknown): unknown {
    return this.exchange.attached ? this.#handler.onResponseData?.(controller, chunk) : undefined;
  }

  onResponseEnd(controller: ControllerLike, trailers: unknown): unknown {
    return this.exchange.end() ? this.#handler.onResponseEnd?.(controller, trailers) : undefined;
  }

  onResponseError(controller: ControllerLike | null, error: Error): unknown {
    return this.exchange.end() ? this.#handler.onResponseError?.(controller, error) : undefined;
  }

  onBodySent(chunk: unknown): unknown {
    return this.exchange.attached ? this.#handler.onBodySent?.(chunk) : undefined;
  }

  onRequestSent(): unknown {
    this.exchange.written();
    return this.exchange.attached ? this.#handler.onRequestSent?.() : undefined;
  }
}

class ArmedLegacyHandler implements Required<LegacyHandler> {
  readonly exchange: ArmedExchange;
  readonly #handler: LegacyHandler;

  constructor(handler: LegacyHandler, options: Options) {
    this.#handler = handler;
    const fail = (error: Error) => handler.onError?.(error);
    this.exchange = new ArmedExchange({ ...options, fail });
  }

  onConnect(abort: (reason?: Error) => void, context: unknown): unknown {
    if (!this.exchange.connected(abort)) return undefined;
    return this.#handler.onConnect?.(abort, context);
  }

  onUpgrade(statusCode: number, headers: unknown, socket: SocketLike): unknown {
    if (!this.exchange.end()) return socket.destroy();
    return this.#handler.onUpgrade?.(statusCode, headers, socket);
  }

  onResponseStarted(): unknown {
    return this.exchange.attached ? this.#handler.onResponseStarted?.() : undefined;
  }

  onHeaders(
    statusCode: number,
    headers: unknown,
    resume: () => void,
    statusText: unknown,
  ): unknown {
    if (!this.exchange.replied(statusCode)) return true;
    return this.#handler.onHeaders?.(statusCode, headers, resume, statusText);
  }

  onData(chunk: unknown): unknown {
    return this.exchange.attached ? this.#handler.onData?.(chunk) : true;
  }

  onComplete(trailers: unknown): unknown {
    return this.exchange.end() ? this.#handler.onComplete?.(trailers) : undefined;
  }

  onError(error: Error): unknown {
    return this.exchange.end() ? this.#handler.onError?.(error) : undefined;
  }

  onBodySent(chunk: unknown): unknown {
    return this.exchange.attached ? this.#handler.onBodySent?.(chunk) : undefined;
  }

  onRequestSent(): unknown {
    this.exchange.written();
    return this.exchange.attached ? this.#handler.onRequestSent?.() : undefined;
  }
}
