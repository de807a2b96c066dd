import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/node-versions.ts';

const run = promisify(execFile);

/** The programs of the README, as a reader would copy them. */
const blocks = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```js\n([^`]+)```/g)];

describe('the README', () => {
  it('has programs', () => expect(blocks.length).toBeGreaterThan(2));

  it.each(blocks.map(([, code], i) => [i + 1, code!] as const))(
    'program %i runs',
    async (i, code) => {
      const folder = join(ROOT, '.cache', 'readme'); // inside the package: `tardy` names itself
      mkdirSync(folder, { recursive: true });
      const file = join(folder, `${i}.mjs`);
      writeFileSync(file, code);
      const env = {
        ...process.env,
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      };
      const { stderr } = await run(process.execPath, [file], { env });
      expect(stderr).toBe('');
    },
  );
});
