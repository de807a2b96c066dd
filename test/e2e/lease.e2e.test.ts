import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startProgram } from '../support/e2e-program.ts';

it('a holder that was stopped beyond its lease knows as soon as it goes on', async () => {
  const holder = startProgram(fileURLToPath(new URL('lease-holder.ts', import.meta.url)));
  await holder.said('held');
  holder.process.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 600));
  holder.send('go on');
  holder.process.kill('SIGCONT');
  const { stdout } = await holder.ended;
  expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toEqual({
    before: true,
    after: false,
    isAborted: true,
    code: 'ERR_TARDY_LEASE_LOST',
  });
});
