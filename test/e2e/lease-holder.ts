/** Holds a lease of 300 ms, is stopped, and says what it believes once it is told to go on. */
import { once } from 'node:events';
import { createLeaseGuard } from '../../src/leasing/lease-guard.ts';

const guard = createLeaseGuard({ resource: 'e2e', ttlMs: 300 });
guard.acquired({ sentAtMs: guard.nowMs() });
const believes: Record<string, unknown> = { before: guard.isHeld() };

try {
  await guard.run(async (signal, lease) => {
    process.stdout.write('held\n');
    await once(process.stdin, 'data');
    believes.after = lease.isHeld();
    believes.isAborted = signal.aborted;
  });
} catch (error) {
  believes.code = (error as NodeJS.ErrnoException).code;
}
process.stdout.write(`${JSON.stringify(believes)}\n`);
process.stdin.destroy();
