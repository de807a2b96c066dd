/** Timeouts for an application that knows nothing of them. */
import { createAdaptiveFetch } from './fetch.ts';
import type { TimeoutSource } from './source.ts';
import type { AdaptiveTimeoutOptions } from './undici-interceptor.ts';

const ENFORCED = Symbol.for('tardy/v1/enforced');

/**
 * Replaces the global `fetch` by an adaptive one that looks the same. Gives what takes it back,
 * which does nothing if somebody has replaced it since; nor does a second call while the first
 * is in force, from whichever copy of the package.
 */
export function enforceFetch(source: TimeoutSource, options?: AdaptiveTimeoutOptions): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
  const original = globalThis.fetch as typeof fetch | undefined;
  if (!original || !descriptor || ENFORCED in original) return () => undefined;
  const adaptive = disguised(createAdaptiveFetch(source, original, options), original);
  Object.defineProperty(globalThis, 'fetch', withValue(descriptor, adaptive));
  return () => {
    if (globalThis.fetch !== adaptive) return;
    Object.defineProperty(globalThis, 'fetch', withValue(descriptor, original));
  };
}

function withValue(descriptor: PropertyDescriptor, value: typeof fetch): PropertyDescriptor {
  const { configurable = true, enumerable = true } = descriptor;
  return { configurable, enumerable, writable: true, value };
}

/** Some look at the name, the length or the source of fetch to tell whether it was tampered with. */
function disguised(adaptive: typeof fetch, original: typeof fetch): typeof fetch {
  return Object.defineProperties(adaptive, {
    name: { value: original.name, configurable: true },
    length: { value: original.length, configurable: true },
    toString: { value: () => Function.prototype.toString.call(original), configurable: true },
    [ENFORCED]: { value: true },
  });
}
