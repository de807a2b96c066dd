/** What happened: the last events, and who wants to hear of the next. */
import type { Diagnostics } from '../telemetry/diagnostics.ts';
import type { Happening, TardyEvent, TardyEventListener } from './types.ts';

/** Events remembered. */
const EVENTS_MAX = 1000;
const LISTENERS_MAX = 100;

export class EventLog {
  readonly #events: TardyEvent[] = [];
  /** As they were given, and as they are called. */
  readonly #listeners = new Map<TardyEventListener, TardyEventListener>();
  readonly #diagnostics: Diagnostics;
  #last = 0;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  add(event: Happening): void {
    const entry: TardyEvent = { ...event, id: ++this.#last, atWallMs: Date.now() };
    this.#events.push(entry);
    if (this.#events.length > EVENTS_MAX) this.#events.shift();
    for (const guarded of this.#listeners.values()) guarded(entry);
  }

  /** The events remembered, oldest first; with `afterId`, only those after it. */
  recent(afterId = 0): readonly TardyEvent[] {
    return this.#events.filter(({ id }) => id > afterId);
  }

  /**
   * Calls `listener` with each event from now on, until the result is called. What it throws goes
   * to OpenTelemetry's diag. Beyond 100 listeners the oldest is let go: they are a leak.
   */
  on(listener: TardyEventListener): () => void {
    this.#listeners.set(listener, this.#diagnostics.guard('event listener', listener));
    if (this.#listeners.size > LISTENERS_MAX) {
      this.#listeners.delete(this.#listeners.keys().next().value as TardyEventListener);
      this.#diagnostics.failed('events', new Error(`more than ${LISTENERS_MAX} listeners`));
    }
    return () => void this.#listeners.delete(listener);
  }
}
