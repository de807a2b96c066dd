import { afterEach, describe, expect, it } from 'vitest';
import { enforceFetch } from '../../src/apply/install.ts';
import { rejectionOf, serve, SILENT, sourceOf } from './support.ts';

const original = globalThis.fetch;
const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'fetch')!;

afterEach(() => void Object.defineProperty(globalThis, 'fetch', descriptor));

describe('enforcing timeouts on fetch', () => {
  it('replaces the global fetch, and takes it back', async () => {
    const { url } = await serve(SILENT);
    const restore = enforceFetch(sourceOf({ responseMs: 100 }));
    expect(await rejectionOf(fetch(url))).toMatchObject({ name: 'TimeoutError' });
    restore();
    expect(globalThis.fetch).toBe(original);
    expect(Object.getOwnPropertyDescriptor(globalThis, 'fetch')).toEqual(descriptor);
  });

  it('looks like the original', () => {
    enforceFetch(sourceOf({}));
    expect(fetch).not.toBe(original);
    expect([fetch.name, fetch.length]).toEqual([original.name, original.length]);
    expect(String(fetch)).toBe(String(original));
    expect(Object.keys(fetch)).toEqual(Object.keys(original));
  });

  it('is done once', async () => {
    const { url } = await serve((_request, response) => response.end());
    const source = sourceOf({});
    const restore = enforceFetch(source);
    const ours = fetch;
    const second = enforceFetch(source);
    expect(fetch).toBe(ours);
    await (await fetch(url)).text();
    expect(source.calls.length).toBe(1);
    second();
    expect(fetch).toBe(ours);
    restore();
    restore();
    expect(fetch).toBe(original);
  });

  it('leaves a fetch alone that somebody has put in its place', () => {
    const restore = enforceFetch(sourceOf({}));
    const theirs: typeof fetch = (...args) => original(...args);
    globalThis.fetch = theirs;
    restore();
    expect(fetch).toBe(theirs);
  });
});
