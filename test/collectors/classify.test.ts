import { AxiosError, CanceledError } from 'axios';
import { errors } from 'undici';
import { describe, expect, it } from 'vitest';
import { classifyError } from '../../collectors/classify.ts';
import type { Ending } from '../../src/peers/ending.ts';

/** An error as Node's own modules make them. */
function system(code: string, syscall?: string): Error {
  return Object.assign(new Error(`${syscall ?? 'it'} ${code}`), { code, syscall });
}

function named(name: string, code?: string): Error {
  return Object.assign(new Error(name), { name }, code === undefined ? {} : { code });
}

/** What `net` throws when it tried several addresses: the code is that of the first. */
function aggregate(...parts: Error[]): Error {
  const { code } = parts[0] as NodeJS.ErrnoException;
  return Object.assign(new AggregateError(parts), { code });
}

function endings(table: readonly (readonly [Ending, string, unknown])[]): void {
  it.each(table)('is %s: %s', (ending, _what, error) => {
    expect(classifyError(error, false)).toBe(ending);
  });
}

describe('an error of the network', () => {
  endings([
    ['refused', 'nobody listens', system('ECONNREFUSED', 'connect')],
    ['refused', 'nobody listens at any address', aggregate(system('ECONNREFUSED', 'connect'))],
    ['reset', 'a reset', system('ECONNRESET', 'read')],
    ['reset', 'a broken pipe', system('EPIPE', 'write')],
    ['reset', 'an abort by the stack, not by axios', system('ECONNABORTED', 'write')],
    ['unreachable', 'no route', system('EHOSTUNREACH', 'connect')],
    ['unreachable', 'no network', system('ENETUNREACH', 'connect')],
    ['unreachable', 'no local address left', system('EADDRNOTAVAIL', 'connect')],
    ['unreachable', 'a handshake that the kernel gave up', system('ETIMEDOUT', 'connect')],
    ['timed-out', 'a read that the kernel gave up', system('ETIMEDOUT', 'read')],
    ['timed-out', 'a handshake on all addresses', named('Error', 'ERR_SOCKET_CONNECTION_TIMEOUT')],
    ['failed', 'a reply that is not HTTP', system('HPE_INVALID_CONSTANT')],
    ['failed', 'a stream that ended early', system('ERR_STREAM_PREMATURE_CLOSE')],
    ['failed', 'too many files', system('EMFILE', 'connect')],
  ]);
});

describe('an error of name resolution', () => {
  endings([
    ['dns', 'no such name', system('ENOTFOUND', 'getaddrinfo')],
    ['dns', 'no answer for now', system('EAI_AGAIN', 'getaddrinfo')],
    ['dns', 'no answer for good', system('EAI_FAIL', 'getaddrinfo')],
  ]);
});

describe('an error of TLS', () => {
  // Codes from https://nodejs.org/api/tls.html#x509-certificate-error-codes
  endings([
    ['tls', 'expired', system('CERT_HAS_EXPIRED')],
    ['tls', 'not yet valid', system('CERT_NOT_YET_VALID')],
    ['tls', 'signed by itself', system('DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['tls', 'a chain signed by itself', system('SELF_SIGNED_CERT_IN_CHAIN')],
    ['tls', 'no issuer', system('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
    ['tls', 'another name', system('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['tls', 'another name, by OpenSSL', system('HOSTNAME_MISMATCH')],
    ['tls', 'plain text on the other side', system('ERR_SSL_WRONG_VERSION_NUMBER')],
    ['tls', 'a protocol error', system('EPROTO', 'write')],
    ['tls', 'not for a server', system('INVALID_PURPOSE')],
    ['tls', 'not an authority', system('INVALID_CA')],
    ['tls', 'a chain too long', system('PATH_LENGTH_EXCEEDED')],
    ['tls', 'revocations expired', system('CRL_HAS_EXPIRED')],
    ['tls', 'a field that is none', system('ERROR_IN_CERT_NOT_AFTER_FIELD')],
  ]);
});

describe('an error of undici', () => {
  endings([
    ['timed-out', 'no headers in time', new errors.HeadersTimeoutError()],
    ['timed-out', 'no body in time', new errors.BodyTimeoutError()],
    ['timed-out', 'no connection in time', new errors.ConnectTimeoutError()],
    ['reset', 'other side closed', new errors.SocketError('other side closed')],
    ['cancelled', 'an abort', new errors.RequestAbortedError()],
    ['cancelled', 'a client that was destroyed', new errors.ClientDestroyedError()],
    ['cancelled', 'a client that was closed', new errors.ClientClosedError()],
    ['failed', 'a body of another length', new errors.ResponseContentLengthMismatchError()],
    ['failed', 'headers too large', new errors.HeadersOverflowError()],
  ]);
});

describe('an abort', () => {
  endings([
    ['cancelled', 'by the caller', new DOMException('This operation was aborted', 'AbortError')],
    ['timed-out', 'by AbortSignal.timeout', new DOMException('timed out', 'TimeoutError')],
    [
      'timed-out',
      "by AbortSignal.timeout, in Node's own clothes",
      new Error('aborted', { cause: new DOMException('timed out', 'TimeoutError') }),
    ],
    ['cancelled', 'by Node', named('AbortError', 'ABORT_ERR')],
    ['cancelled', 'with a reason of the caller', new Error('user went away')],
    ['cancelled', 'with a string', 'user went away'],
    ['cancelled', 'with nothing', undefined],
    ['cancelled', 'with null', null],
    ['cancelled', 'with a number', 499],
    ['cancelled', 'with an object', {}],
    ['cancelled', 'with a code of the caller', named('Error', 'E_USER_LEFT')],
    ['cancelled', 'with a code that every object has', named('Error', 'constructor')],
    ['cancelled', 'with a code that every object has', named('Error', '__proto__')],
  ]);
});

describe('an error of a library', () => {
  const cancelled = (reason: unknown) =>
    Object.assign(new CanceledError('canceled'), { config: { signal: { reason } } });

  endings([
    ['timed-out', 'the timeout of axios', new AxiosError('timeout of 5 ms', 'ECONNABORTED')],
    ['timed-out', 'the timeout of axios, clarified', new AxiosError('timeout', 'ETIMEDOUT')],
    ['cancelled', 'a cancelled call of axios', new CanceledError('canceled')],
    ['cancelled', 'an aborted call of axios', cancelled(new DOMException('', 'AbortError'))],
    ['timed-out', 'a timed-out call of axios', cancelled(new DOMException('', 'TimeoutError'))],
    ['refused', 'a refused call of axios', new AxiosError('refused', 'ECONNREFUSED')],
    ['timed-out', 'a timeout of got', named('TimeoutError', 'ETIMEDOUT')],
    ['timed-out', 'a timeout of request', named('Error', 'ESOCKETTIMEDOUT')],
    ['cancelled', 'an aborted call of got', named('AbortError', 'ERR_ABORTED')],
  ]);
});

describe('a reset', () => {
  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])(
    'of a connection used before says nothing of the peer: %s',
    (code) => expect(classifyError(system(code), true)).toBe('stale-reset'),
  );

  it('only: other errors mean the same on any connection', () => {
    expect(classifyError(system('ECONNREFUSED'), true)).toBe('refused');
    expect(classifyError(new errors.HeadersTimeoutError(), true)).toBe('timed-out');
  });
});
