import { describe, expect, it } from 'vitest';
import { waitsOnPurpose } from '../../collectors/left-out.ts';

describe('a request whose reply is meant to be late', () => {
  it.each([
    ['accept', 'text/event-stream'],
    ['Accept', 'text/event-stream, */*;q=0.1'],
    ['ACCEPT', 'application/json;q=0.5, text/event-stream'],
    ['prefer', 'wait=30'],
    ['Prefer', 'respond-async, wait=100'],
    ['upgrade', 'websocket'],
    ['Upgrade', 'h2c'],
    // Media types (RFC 9110, 8.3.1) and preferences (RFC 7240, 2) are the same in any case.
    ['accept', 'Text/Event-Stream'],
    ['prefer', 'Wait=30'],
  ])('says so: %s: %s', (name, value) => expect(waitsOnPurpose(name, value)).toBe(true));

  it.each([
    ['accept', 'application/json'],
    ['accept', '*/*'],
    ['accepting', 'text/event-stream'],
    ['prefer', 'return=minimal'],
    ['x-prefer', 'wait=30'],
    ['content-type', 'text/event-stream'],
    ['expect', '100-continue'],
    ['', ''],
  ])('is not meant by %s: %s', (name, value) => expect(waitsOnPurpose(name, value)).toBe(false));

  it.each([
    [undefined, undefined],
    ['accept', undefined],
    ['accept', 5],
    [Buffer.from('accept'), 'text/event-stream'],
    [null, {}],
    [Symbol('accept'), 'x'],
  ])('is not meant by what is no header, which does no harm: case %#', (name, value) => {
    expect(waitsOnPurpose(name, value)).toBe(false);
  });
});
