import { ChildProcess } from 'node:child_process';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Child } from '../../../src/cli/demo/child-process.ts';
import { onWindows } from './support.ts';

it('stops a child on Windows, where Node throws at the name SIGCONT', async () => {
  const child = new Child({
    name: 'a child',
    // It does nothing until it is told something, and ends when nobody can tell it any more.
    program: new URL('../../../src/cli/demo/skew-register.ts', import.meta.url),
    ...{ argument: {}, env: {}, onSight: vi.fn(), onLease: vi.fn() },
  });
  onTestFinished(() => child.kill());
  onWindows();
  const kill = vi.spyOn(ChildProcess.prototype, 'kill');
  onTestFinished(() => kill.mockRestore());
  await child.stop();
  expect(kill).not.toHaveBeenCalledWith('SIGCONT');
  expect(child.end).toBeDefined();
});
