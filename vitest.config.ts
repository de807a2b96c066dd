import { randomInt } from 'node:crypto';
import { defineConfig } from 'vitest/config';

const VERIFY = process.env.TARDY_VERIFY === '1';

/** Long runs that only `npm run verify` pays for. */
const VERIFY_ONLY = '**/*.verify.test.ts';

// One seed for the whole run, handed to every worker through the environment (see seed() in
// test/support/capabilities.ts), printed so that a failure can be run again.
process.env.SEED ??= String(randomInt(2 ** 31));
process.stderr.write(`seed: ${process.env.SEED} (to run the same again: SEED=...)\n`);

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // Also *.property.test.ts and *.sim.test.ts.
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', '**/fixtures/**', ...(VERIFY ? [] : [VERIFY_ONLY])],
          testTimeout: VERIFY ? 600_000 : 20_000,
          // The default leaves processors idle: on two of them, one worker.
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['**/fixtures/**', ...(VERIFY ? [] : [VERIFY_ONLY])],
          // Real sockets, ports and clocks: one file at a time, after the unit tests are done.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: VERIFY ? 600_000 : 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
