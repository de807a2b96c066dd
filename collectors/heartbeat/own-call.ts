/**
 * Our own requests are nobody's traffic. Suppressed tracing keeps other instrumentations away, but
 * only where a context manager is registered; our own collectors can ask here.
 */
import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

let depth = 0;

/** Runs `fn`, which makes a request: synchronously, as the channels tell of it. */
export function asOwnCall<T>(fn: () => T): T {
  depth++;
  try {
    return context.with(suppressTracing(context.active()), fn);
  } finally {
    depth--;
  }
}

/** True while a heartbeat is being sent: to be asked by `excluded` of the client collectors. */
export function isOwnCall(): boolean {
  return depth > 0;
}
