/**
 * Which ending an error tells, by its code and name: messages are for people and change.
 *
 * What no rule knows counts as cancelled where the caller can throw whatever it likes (an
 * `abort(reason)` hands on the caller's own error), because a false failure would blame the peer.
 */
import type { Ending } from '../src/peers/ending.ts';

const BY_CODE = new Map<string, Ending>(
  Object.entries({
    ECONNREFUSED: 'refused',
    ECONNRESET: 'reset',
    EPIPE: 'reset',
    UND_ERR_SOCKET: 'reset',
    ETIMEDOUT: 'timed-out',
    ESOCKETTIMEDOUT: 'timed-out',
    /** As axios means it: its own timeout. */
    ECONNABORTED: 'timed-out',
    UND_ERR_HEADERS_TIMEOUT: 'timed-out',
    UND_ERR_BODY_TIMEOUT: 'timed-out',
    UND_ERR_CONNECT_TIMEOUT: 'timed-out',
    ERR_SOCKET_CONNECTION_TIMEOUT: 'timed-out',
    ABORT_ERR: 'cancelled',
    ERR_CANCELED: 'cancelled',
    UND_ERR_ABORTED: 'cancelled',
    UND_ERR_DESTROYED: 'cancelled',
    UND_ERR_CLOSED: 'cancelled',
    EHOSTUNREACH: 'unreachable',
    ENETUNREACH: 'unreachable',
    EHOSTDOWN: 'unreachable',
    ENETDOWN: 'unreachable',
    EADDRNOTAVAIL: 'unreachable',
    ENOTFOUND: 'dns',
    EPROTO: 'tls',
  } satisfies Record<string, Ending>),
);
/** Node's own, and the names of OpenSSL's verification errors. */
const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE))|CERT|CRL|^PATH_LENGTH/;
const DNS_CODE = /^(EAI_|EDNS)/;
const DNS_CALL = /^(query|getaddrinfo|getnameinfo)/;
const FAILURE_CODE = /^(HPE_|UND_ERR_|ERR_HTTP|ERR_STREAM|E[A-Z]{3,}$)/;

/** The members that errors of Node, undici, axios and got are told apart by. */
interface ErrorLike {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
  /** axios: the configuration of the call, with the signal that cancelled it. */
  readonly config?: { readonly signal?: { readonly reason?: unknown } };
}

/** `reused`: the connection had carried a request before. */
export function classifyError(error: unknown, reused: boolean): Ending {
  const ending = endingOf(error);
  return ending === 'reset' && reused ? 'stale-reset' : ending;
}

function endingOf(error: unknown): Ending {
  if (typeof error !== 'object' || error === null) return 'cancelled';
  const { name, code, syscall, cause, config } = error as ErrorLike;
  if ([error, cause, config?.signal?.reason].some(isTimeout)) return 'timed-out';
  if (name === 'HTTPParserError') return 'failed'; // of undici, mostly without a code
  if (typeof code !== 'string') return 'cancelled';
  if (code === 'ETIMEDOUT' && syscall === 'connect') return 'unreachable';
  if (code === 'ECONNABORTED' && name !== 'AxiosError') return 'reset';
  if (typeof syscall === 'string' && DNS_CALL.test(syscall)) return 'dns';
  return BY_CODE.get(code) ?? endingOfFamily(code);
}

function endingOfFamily(code: string): Ending {
  if (TLS_CODE.test(code)) return 'tls';
  if (DNS_CODE.test(code)) return 'dns';
  return FAILURE_CODE.test(code) ? 'failed' : 'cancelled';
}

function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && (error as ErrorLike).name === 'TimeoutError'
  );
}
