import { getEventListeners, once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { signalFor } from '../../src/apply/signal.ts';
import { TardyTimeoutError } from '../../src/apply/timeout-error.ts';
import { NEVER_MS, sourceOf } from './support.ts';

const URL_7 = 'http://localhost:8080/users/7';
const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

/** Keeps the process alive meanwhile: the timers of signals do not. */
async function aborted(signal: AbortSignal): Promise<unknown> {
  const hold = setTimeout(() => undefined, 60_000);
  if (!signal.aborted) await once(signal, 'abort');
  clearTimeout(hold);
  return signal.reason;
}

describe('a signal for a call', () => {
  it('aborts with a timeout error after both phases', async () => {
    const source = sourceOf({ connectMs: 10, responseMs: 15 });
    const startMs = performance.now();
    const reason = await aborted(signalFor(source, new URL(URL_7), { method: 'PUT' }));
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(25);
    expect(reason).toBeInstanceOf(TardyTimeoutError);
    expect(reason).toMatchObject({ peer: 'localhost:8080', route: 'PUT /users/7', timeoutMs: 25 });
  });

  it('tells the source what it knows of the call', () => {
    const source = sourceOf({});
    signalFor(source, URL_7, { route: 'user', deadlineMs: 50 }).done();
    expect(source.calls).toEqual([{ url: URL_7, method: 'GET', route: 'user', deadlineMs: 50 }]);
  });

  it('aborts with the reason of the caller, if that is first', async () => {
    const controller = new AbortController();
    const signal = signalFor(sourceOf({}), URL_7, { signal: controller.signal });
    expect(signal.aborted).toBe(false);
    controller.abort('enough');
    expect(await aborted(signal)).toBe('enough');
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it('is aborted already where the caller is', () => {
    const signal = signalFor(sourceOf({}), URL_7, { signal: AbortSignal.abort('enough') });
    expect([signal.aborted, signal.reason]).toEqual([true, 'enough']);
  });

  it('lets go of the signal of its caller when it is done, disposed of or has fired', async () => {
    const { signal } = new AbortController();
    const source = sourceOf({ connectMs: 0, responseMs: 1 });
    const slow = sourceOf({ responseMs: NEVER_MS });
    signalFor(slow, URL_7, { signal }).done();
    signalFor(slow, URL_7, { signal })[Symbol.dispose]();
    expect(listenersOf(signal)).toBe(0);
    const fires = signalFor(source, URL_7, { signal });
    expect(listenersOf(signal)).toBe(1);
    await aborted(fires);
    expect(listenersOf(signal)).toBe(0);
  });

  it('does not fire once it is done', async () => {
    const signal = signalFor(sourceOf({ connectMs: 0, responseMs: 1 }), URL_7);
    signal.done();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(signal.aborted).toBe(false);
  });

  it('follows the caller alone where there is no plan', async () => {
    const controller = new AbortController();
    const signal = signalFor(sourceOf(undefined), URL_7, { signal: controller.signal });
    expect(listenersOf(controller.signal)).toBe(0);
    controller.abort('enough');
    expect(await aborted(signal)).toBe('enough');
    signal.done();
    expect(signalFor(sourceOf(undefined), URL_7).aborted).toBe(false);
  });

  it('fires although nobody holds it but its listener', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { signal: caller } = new AbortController();
    const fired = new Promise((resolve) => {
      const source = sourceOf({ connectMs: 0, responseMs: 100 });
      signalFor(source, URL_7, { signal: caller }).addEventListener('abort', resolve);
    });
    await new Promise(setImmediate);
    gc();
    const hold = setTimeout(() => undefined, 60_000);
    await fired;
    clearTimeout(hold);
  });

  it.each(['/users/7', 'ftp://localhost/', 'not a url'])('refuses %s', (url) => {
    expect(() => signalFor(sourceOf({}), url)).toThrow(/url must be an absolute http or https/);
  });
});
