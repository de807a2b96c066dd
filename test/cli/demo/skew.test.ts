import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ParentMessage } from '../../../src/cli/demo/messages.ts';
import { skewableClock } from '../../../src/cli/demo/skew.ts';

const PROGRAM = new URL('file:///skew-register.js');
/** Whatever is there may stand in for a library that nobody loads. */
const LIBRARY = import.meta.filename;

describe('a clock that can be set wrong', () => {
  it('is told an offset where there is no library', async () => {
    const clock = await skewableClock(PROGRAM, ['/no/such/library']);
    const { how, env, imports } = clock;
    expect({ how, env, imports }).toEqual({
      ...{ how: 'an offset injected into Date.now', env: {}, imports: [PROGRAM] },
    });
    const told: ParentMessage[] = [];
    await clock.set(10_000, (message) => told.push(message));
    await clock.set(0, (message) => told.push(message));
    expect(told).toEqual([{ skewMs: 10_000 }, { skewMs: 0 }]);
    clock.close();
  });

  async function faked() {
    const clock = await skewableClock(PROGRAM, ['/no/such/library', LIBRARY]);
    onTestFinished(() => clock.close());
    const file = clock.env.FAKETIME_TIMESTAMP_FILE!;
    return { clock, file, dir: dirname(file) };
  }

  it('is read from a file where there is one', async () => {
    const { clock, file } = await faked();
    const { how, env, imports } = clock;
    expect({ how, imports }).toEqual({ how: 'libfaketime', imports: [] });
    expect(env).toMatchObject({ LD_PRELOAD: LIBRARY, FAKETIME_DONT_FAKE_MONOTONIC: '1' });
    expect(readFileSync(file, 'utf8')).toBe('+0\n');
    await clock.set(10_000, () => expect.unreachable());
    expect(readFileSync(file, 'utf8')).toBe('+10\n');
  });

  it('leaves no folder behind, nor a listener', async () => {
    const listeners = process.listenerCount('exit');
    const { clock, dir } = await faked();
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    clock.close();
    expect(existsSync(dir)).toBe(false);
    expect(process.listenerCount('exit')).toBe(listeners);
  });

  it('leaves no folder behind where the program ends at once', async () => {
    const before = process.listeners('exit');
    const { dir } = await faked();
    const added = process.listeners('exit').filter((listener) => !before.includes(listener));
    for (const listener of added) listener.call(process, 0);
    expect(existsSync(dir)).toBe(false);
  });
});
