/**
 * What we ask of undici, by shape: the one bundled with Node has no types, and the package's own
 * differ from line to line.
 */

export interface DispatchOptionsLike {
  readonly origin?: string | URL | null | undefined;
  readonly path: string;
  readonly method: string;
  readonly body?: unknown;
  readonly headers?: unknown;
  readonly upgrade?: unknown;
}

export interface ControllerLike {
  abort(reason: Error): void;
}

/** Handlers as of undici 7. */
export interface CurrentHandler {
  onRequestStart(controller: ControllerLike, context: unknown): unknown;
  onRequestUpgrade?(
    controller: ControllerLike,
    statusCode: number,
    headers: unknown,
    socket: SocketLike,
  ): unknown;
  onResponseStarted?(): unknown;
  onResponseStart?(
    controller: ControllerLike,
    statusCode: number,
    headers: unknown,
    statusText: unknown,
  ): unknown;
  onResponseData?(controller: ControllerLike, chunk: unknown): unknown;
  onResponseEnd?(controller: ControllerLike, trailers: unknown): unknown;
  onResponseError?(controller: ControllerLike | null, error: Error): unknown;
  onBodySent?(chunk: unknown): unknown;
  onRequestSent?(): unknown;
}

/** Handlers of undici 6, and of the fetch of Node 22 and 24. */
export interface LegacyHandler {
  onConnect?(abort: (reason?: Error) => void, context: unknown): unknown;
  onUpgrade?(statusCode: number, headers: unknown, socket: SocketLike): unknown;
  onResponseStarted?(): unknown;
  onHeaders?(
    statusCode: number,
    headers: unknown,
    resume: () => void,
    statusText: unknown,
  ): unknown;
  onData?(chunk: unknown): unknown;
  onComplete?(trailers: unknown): unknown;
  onError?(error: Error): unknown;
  onBodySent?(chunk: unknown): unknown;
  onRequestSent?(): unknown;
}

export interface SocketLike {
  destroy(): unknown;
}

export interface DispatcherLike {
  dispatch(options: DispatchOptionsLike, handler: object): boolean;
  readonly isMockActive?: unknown;
}

export function isCurrent(handler: object): handler is CurrentHandler {
  return typeof (handler as CurrentHandler).onRequestStart === 'function';
}

export function isDispatcher(value: unknown): value is DispatcherLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as DispatcherLike).dispatch === 'function'
  );
}
