import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { classifyError } from '../../collectors/classify.ts';
import { TardyTimeoutError, type TimeoutPhase } from '../../src/apply/timeout-error.ts';
import { TardyError } from '../../src/errors.ts';
import { REASON, sourceOf } from './support.ts';

const CALL = { url: 'http://localhost:8080/users', method: 'GET', route: 'GET /users/:id' };

function errorOf(phase: TimeoutPhase = 'response', source = sourceOf({})) {
  const plan = source.plan(CALL)!;
  return new TardyTimeoutError({ plan, phase, timeoutMs: 84.2, elapsedMs: 90 });
}

describe('a timeout error', () => {
  it('says what was waited for, how long and why', () => {
    expect(errorOf().message).toBe(
      `no reply from localhost:8080 GET /users/:id within 84.2 ms (${REASON})`,
    );
    expect(errorOf('connect').message).toContain('no connection to localhost:8080 for GET /users');
    expect(errorOf('body').message).toContain('no end of the reply from localhost:8080 GET');
    expect(inspect(errorOf())).toContain(REASON);
    expect(errorOf().stack).toMatch(/^TimeoutError: no reply from .*\n {4}at /);
  });

  it('carries its advice, made once and only when it is read', () => {
    const source = sourceOf({});
    const error = errorOf('response', source);
    expect(source.advices).toBe(0);
    expect(error.advice?.reason).toBe(REASON);
    expect(error.message).toContain(REASON);
    expect(source.advices).toBe(1);
  });

  it('is a timeout for everybody who asks', () => {
    const error = errorOf();
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_TARDY_TIMEOUT' });
    expect(TardyError.is(error)).toBe(true);
    expect(classifyError(error, false)).toBe('timed-out');
    expect(classifyError(new TypeError('fetch failed', { cause: error }), true)).toBe('timed-out');
  });

  it('has a message even if its advice cannot be made', () => {
    const advice = () => {
      throw new Error('no advice');
    };
    const plan = { peer: 'a:1', route: 'GET /', advice };
    const error = new TardyTimeoutError({ plan, phase: 'response', timeoutMs: 7, elapsedMs: 7 });
    expect(error.message).toBe('no reply from a:1 GET / within 7 ms');
  });
});
