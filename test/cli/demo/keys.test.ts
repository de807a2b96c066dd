import { EventEmitter } from 'node:events';
import type { ReadStream } from 'node:tty';
import { describe, expect, it } from 'vitest';
import { keysHelp, listenToKeys } from '../../../src/cli/demo/keys.ts';
import { onWindows } from './support.ts';

/** A terminal that notes what is asked of it. */
function terminal(isTTY: boolean) {
  const asked: string[] = [];
  const note = (what: string) => () => void asked.push(what);
  const input = Object.assign(new EventEmitter(), {
    isTTY,
    setRawMode: (mode: boolean) => void asked.push(`raw ${mode}`),
    resume: note('resume'),
    pause: note('pause'),
    unref: note('unref'),
  });
  const type = (keys: string) => void input.emit('data', Buffer.from(keys));
  return { input: input as unknown as ReadStream, asked, type };
}

describe('keys', () => {
  it('ask for faults, each once; the last one wins', () => {
    const { input, type } = terminal(true);
    const keys = listenToKeys(input)!;
    for (const [key, fault] of [
      ['k', 'kill'],
      ['S', 'stop'],
      ['d', 'delay'],
      ['xyz', 'drop'],
      ['kd', 'delay'],
      ['?', undefined],
    ] as const) {
      type(key);
      expect(keys.take()).toBe(fault);
      expect(keys.take()).toBeUndefined();
    }
    keys.close();
  });

  it('do nothing for what Windows cannot do, and say so', () => {
    onWindows();
    const { input, type } = terminal(true);
    const keys = listenToKeys(input)!;
    type('sl');
    expect(keys.take()).toBeUndefined();
    type('ks');
    expect(keys.take()).toBe('kill');
    expect(keysHelp()).toContain('s, l: not on Windows');
    expect(keysHelp().length).toBeLessThan(80);
    keys.close();
  });

  it('end the demo by Ctrl-C and q, though the terminal is raw', () => {
    const { input, type } = terminal(true);
    let interrupted = 0;
    const keys = listenToKeys(input, () => {
      interrupted++;
    })!;
    type('\x03');
    type('q');
    expect(interrupted).toBe(2);
    keys.close();
  });

  it('leave the terminal as it was, once', () => {
    const { input, asked } = terminal(true);
    const listeners = process.listenerCount('exit');
    const keys = listenToKeys(input)!;
    expect(asked).toEqual(['raw true', 'resume', 'unref']);
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    keys.close();
    keys.close();
    expect(asked.slice(3)).toEqual(['raw false', 'pause']);
    expect(process.listenerCount('exit')).toBe(listeners);
    expect(input.listenerCount('data')).toBe(0);
  });

  it('are none without a keyboard', () => {
    const { input, asked } = terminal(false);
    expect(listenToKeys(input)).toBeUndefined();
    expect(asked).toEqual([]);
  });
});
