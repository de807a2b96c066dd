/**
 * The time that a caller has left, as it told us: so that nobody works for one that is gone.
 */

/** Where Envoy tells an upstream how long it will wait, in ms. */
export const DEADLINE_HEADER = 'x-envoy-expected-rq-timeout-ms';

/** A request of `node:http` or Express, with its headers. */
export interface WithHeaders {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface DeadlineOptions {
  /** Name of the header, in lower case; its value is the caller's timeout in ms. */
  readonly header?: string;
  /** Since the request came, in ms. Default 0. */
  readonly elapsedMs?: number;
}

/** A caller's timeout of more than a day is no promise. */
const DEADLINE_MS_MAX = 86_400_000;

/**
 * Time the caller of this request has left, in ms, ≥ 0; undefined where it did not say, or says
 * what makes no sense. For `signalFor(url, { deadlineMs: deadlineLeftMs(request) })`.
 */
export function deadlineLeftMs(
  { headers }: WithHeaders,
  { header = DEADLINE_HEADER, elapsedMs = 0 }: DeadlineOptions = {},
): number | undefined {
  const value = headers[header];
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (text === undefined || !/^\d{1,9}(\.\d{1,6})?$/.test(text)) return undefined;
  const timeoutMs = Number(text);
  return timeoutMs > DEADLINE_MS_MAX ? undefined : Math.max(0, timeoutMs - elapsedMs);
}
