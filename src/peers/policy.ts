/** Which calls are held to the advice, and with which target, floor and ceiling. */
import type { TimeoutEstimatorOptions } from '../timeout/types.ts';

/**
 * What is done with the advice for a call:
 * - `enforce`: who applies timeouts (adaptiveFetch and its like) applies it
 * - `shadow`: it is only counted what it would have done
 * - `off`: not applied either; what was measured is told all the same
 */
export const MODES = ['off', 'shadow', 'enforce'] as const;
export type Mode = (typeof MODES)[number];

/** Settings for some peers and routes; `*` in a name stands for anything. First match wins. */
export interface Rule {
  /** `host:port`; default: any. */
  readonly peer?: string | undefined;
  /** `GET /users/:id`; default: any. */
  readonly route?: string | undefined;
  readonly mode?: Mode | undefined;
  readonly targetRate?: number | undefined;
  readonly minMs?: number | undefined;
  readonly maxMs?: number | undefined;
  /** The timeout that the code sets today, in ms, where it cannot be seen. */
  readonly configuredMs?: number | undefined;
}

/** What holds for one route. */
export interface CallPolicy {
  readonly mode: Mode;
  readonly timeout: TimeoutEstimatorOptions;
  readonly configuredMs?: number | undefined;
}

export class Policy {
  readonly #rules: readonly { matches: (peer: string, route: string) => boolean; rule: Rule }[];
  readonly #byDefault: { readonly mode: Mode; readonly timeout: TimeoutEstimatorOptions };

  constructor(
    byDefault: { readonly mode: Mode; readonly timeout: TimeoutEstimatorOptions },
    rules: readonly Rule[] = [],
  ) {
    this.#byDefault = byDefault;
    this.#rules = rules.map((rule) => {
      const [peer, route] = [pattern(rule.peer), pattern(rule.route)];
      return { rule, matches: (p, r) => peer.test(p) && route.test(r) };
    });
  }

  of(peer: string, route: string): CallPolicy {
    const rule = this.#rules.find(({ matches }) => matches(peer, route))?.rule;
    const { mode, timeout } = this.#byDefault;
    if (!rule) return { mode, timeout };
    const targetRate = rule.targetRate ?? timeout.targetRate;
    const minMs = rule.minMs ?? Math.min(timeout.minMs ?? 0, rule.maxMs ?? Infinity);
    const maxMs = rule.maxMs ?? Math.max(timeout.maxMs ?? Infinity, minMs);
    return {
      mode: rule.mode ?? mode,
      timeout: { ...timeout, ...(targetRate === undefined ? {} : { targetRate }), minMs, maxMs },
      configuredMs: rule.configuredMs,
    };
  }
}

/** `*` stands for anything; everything else for itself. */
function pattern(text = '*'): RegExp {
  const escaped = text.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`, 'i');
}
