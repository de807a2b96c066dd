import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';

/** Undoes what a collector did. */
export type Stop = () => void;

/**
 * Listens to diagnostics channels. Node turns what a listener throws into an uncaught exception
 * of the host, so each is guarded.
 */
export function listen(
  diagnostics: Diagnostics,
  listeners: Readonly<Record<string, (message: never) => void>>,
): Stop {
  const bound = Object.entries(listeners).map(([channel, listener]) => {
    const guarded = diagnostics.guard(channel, listener as (message: unknown) => void);
    subscribe(channel, guarded);
    return () => unsubscribe(channel, guarded);
  });
  return () => bound.forEach((stop) => stop());
}
