import { diag } from '@opentelemetry/api';

/** Different failures told apart; more would let a hostile input fill the memory. */
const KINDS_MAX = 100;

/**
 * Where failures of our own go: to a count and to OpenTelemetry's `diag`, each kind once, and
 * never into the host.
 */
export class Diagnostics {
  errors = 0;
  readonly #seen = new Set<string>();

  failed(where: string, error: unknown): void {
    this.errors++;
    const kind = `${where}: ${error instanceof Error ? error.message : String(error)}`;
    if (this.#seen.has(kind) || this.#seen.size >= KINDS_MAX) return;
    this.#seen.add(kind);
    diag.error(`tardy: ${kind} (told once)`, error);
  }

  /** The same function of at most two arguments, except that what it throws ends here. */
  guard<A extends [unknown?, unknown?]>(
    where: string,
    fn: (...args: A) => void,
  ): (...args: A) => void {
    const call = fn as unknown as (a: unknown, b: unknown) => void;
    const guarded = (a: unknown, b: unknown) => {
      try {
        call(a, b); // spelled out: a list of arguments would be made at every event
      } catch (error) {
        this.failed(where, error);
      }
    };
    return guarded as unknown as (...args: A) => void;
  }
}
