import { describe, expect, it } from 'vitest';
import { armDeadline } from '../../src/apply/deadline.ts';
import { deferred } from './support.ts';

const atOnce = { whenDrained: (judge: () => void) => judge() };

/** Runs until the deadline expires; how long that took. */
async function expiryOf(ms: number, act?: (deadline: ReturnType<typeof armDeadline>) => void) {
  const startMs = performance.now();
  const { promise, resolve } = deferred();
  const deadline = armDeadline(atOnce, ms, resolve);
  act?.(deadline);
  const hold = setTimeout(() => undefined, 60_000);
  await promise;
  clearTimeout(hold);
  return performance.now() - startMs;
}

/** Lets every timer of up to this many ms fire that was armed before. */
const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a deadline', () => {
  it('never expires early, even when the clock of the loop is behind', async () => {
    for (const ms of [0.2, 1, 3.7, 12.5, 20]) {
      const endMs = performance.now() + 5;
      while (performance.now() < endMs);
      expect(await expiryOf(ms)).toBeGreaterThanOrEqual(ms);
    }
  });

  it('can be put off, and be brought forward', async () => {
    expect(await expiryOf(5, (deadline) => deadline.restart(40))).toBeGreaterThanOrEqual(40);
    expect(await expiryOf(600_000, (deadline) => deadline.restart(5))).toBeGreaterThanOrEqual(5);
  });

  it('expires once', async () => {
    let expired = 0;
    armDeadline(atOnce, 1, () => expired++);
    await pass(20);
    expect(expired).toBe(1);
  });

  it('does not expire once cleared, and does again once restarted', async () => {
    let expired = 0;
    const deadline = armDeadline(atOnce, 1, () => expired++);
    deadline.clear();
    await pass(20);
    expect(expired).toBe(0);
    deadline.restart(1);
    await pass(20);
    expect(expired).toBe(1);
  });

  it('asks for the sockets to be read before it expires, and may be cleared meanwhile', async () => {
    const judges: (() => void)[] = [];
    const source = { whenDrained: (judge: () => void) => void judges.push(judge) };
    const expired: string[] = [];
    armDeadline(source, 1, () => expired.push('silent'));
    const answered = armDeadline(source, 1, () => expired.push('answered'));
    const restarted = armDeadline(source, 1, () => expired.push('restarted'));
    await pass(20);
    expect({ judges: judges.length, expired }).toEqual({ judges: 3, expired: [] });
    answered.clear();
    restarted.restart(600_000);
    for (const judge of judges) judge();
    expect(expired).toEqual(['silent']);
    restarted.clear();
  });

  it('waits longer than a timer can, for ever, or not at all for what is no number', async () => {
    let expired = 0;
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => warnings.push(name);
    process.on('warning', onWarning);
    for (const ms of [2 ** 31, 1e15, Infinity, NaN])
      armDeadline(atOnce, ms, () => expired++).restart(ms);
    await pass(20);
    process.off('warning', onWarning);
    expect({ expired, warnings }).toEqual({ expired: 0, warnings: [] });
    expect(await expiryOf(-5)).toBeGreaterThanOrEqual(0);
  });

  it('does not keep the process alive', () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const deadline = armDeadline(atOnce, 600_000, () => undefined);
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    deadline.clear();
    expect(after).toBe(before);
  });
});
