/**
 * How a fetch is watched below its own interface: as the dispatcher it is given, in front of the
 * caller's or the global one. Nothing else tells when a request gets its connection.
 */
import { failHandler } from './armed-handlers.ts';
import {
  type DispatcherLike,
  type DispatchOptionsLike,
  isCurrent,
  isDispatcher,
} from './undici-types.ts';

/** undici 7 and older; from 8 on, a face of the other for handlers of the older interface. */
const LEGACY_GLOBAL = Symbol.for('undici.globalDispatcher.1');
/** undici 8 and Node 26; also kept by late versions of 7. */
const CURRENT_GLOBAL = Symbol.for('undici.globalDispatcher.2');

const globals = globalThis as {
  readonly [LEGACY_GLOBAL]?: unknown;
  readonly [CURRENT_GLOBAL]?: unknown;
};

/** What is done with one exchange of a fetch: a handler to dispatch with, or the end of it. */
export type Tapped = { readonly handler: object } | { readonly error: Error };

/**
 * A dispatcher for the `dispatcher` option of fetch; undefined if there is none to stand before.
 * `tap` is called for each exchange: once, and once more for each redirect.
 */
export function tapDispatcher(
  ofCaller: unknown,
  tap: (options: DispatchOptionsLike, handler: object) => Tapped,
): DispatcherLike | undefined {
  // Reading the global one loads undici, which the fetch is about to do anyway.
  if (ofCaller === undefined ? !globalFor(false) : !isDispatcher(ofCaller)) return undefined;
  return {
    /** Mock agents want the body as the caller gave it, and fetch asks for them here. */
    get isMockActive() {
      return ((ofCaller ?? globalFor(true)) as DispatcherLike).isMockActive;
    },
    dispatch(options, handler) {
      const target = (ofCaller ?? globalFor(isCurrent(handler))) as DispatcherLike;
      const tapped = tap(options, handler);
      if ('handler' in tapped) return target.dispatch(options, tapped.handler);
      failHandler(handler, tapped.error);
      return false;
    },
  };
}

/** The dispatcher that fetch would have used: the one that speaks its handlers' interface. */
function globalFor(current: boolean): DispatcherLike | undefined {
  const found = current
    ? (globals[CURRENT_GLOBAL] ?? globals[LEGACY_GLOBAL])
    : (globals[LEGACY_GLOBAL] ?? globals[CURRENT_GLOBAL]);
  return isDispatcher(found) ? found : undefined;
}
