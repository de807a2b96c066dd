/**
 * One family of errors. Programmer errors and bad input throw one of these at the boundary;
 * nothing throws into the host while it runs (see `src/telemetry/diagnostics.ts`).
 *
 * A message says what, what was given and what to do.
 */
export type TardyErrorCode =
  | 'ERR_TARDY_ARGUMENT'
  | 'ERR_TARDY_CLOCK'
  | 'ERR_TARDY_CONFIG'
  | 'ERR_TARDY_STATE'
  | 'ERR_TARDY_USAGE'
  | 'ERR_TARDY_UNREACHABLE'
  | 'ERR_TARDY_LEASE_LOST'
  | 'ERR_TARDY_FENCED';

const BRAND = Symbol.for('tardy/error');

export class TardyError extends Error {
  override readonly name: string = 'TardyError';
  readonly code: TardyErrorCode;
  readonly [BRAND] = true;

  constructor(code: TardyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** True for errors of any installed copy of the package: `instanceof` breaks across copies. */
  static is(value: unknown): value is TardyError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** A programmer's mistake in an argument: names it, prints what it got and what it takes. */
export function argumentError(name: string, got: unknown, wanted: string): TardyError {
  return new TardyError('ERR_TARDY_ARGUMENT', `${name} must be ${wanted}; got ${show(got)}`);
}

/** As text whatever it is: an object may refuse to become one. */
function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** A value as it can stand in a message: short, on one line, without control characters. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : asText(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
