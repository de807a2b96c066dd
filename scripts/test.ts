/**
 * The test command: `npm test [-- arguments for vitest]`, `npm run verify` for the long run.
 *
 * Brings what the end-to-end tests need, builds the package they run, runs vitest. What cannot
 * be had is named and its tests are skipped; with CI=true that is a failure, because there a
 * skipped test would go unseen.
 */
import { join } from 'node:path';
import { ROOT } from '../test/support/node-versions.ts';
import {
  provideDebianTools,
  provideNodeVersions,
  provideSdk0223,
  refreshSdk0223,
} from './provide.ts';
import { firstLine, runLoudly, runQuietly, say, type Skip } from './run.ts';

const CI = process.env.CI === 'true';
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');

async function provideAll(): Promise<Skip[]> {
  say('providing what the end-to-end tests need');
  const skips = await provideDebianTools();
  skips.push(...(await provideNodeVersions()));
  skips.push(...(await provideSdk0223()));
  return skips;
}

async function build(): Promise<void> {
  say('building dist');
  await runQuietly('npm', ['run', '--silent', 'build']);
  await refreshSdk0223();
}

function runVitest(args: readonly string[], verify: boolean): Promise<number> {
  say(verify ? 'running the tests, the long way' : 'running the tests');
  const env: Record<string, string> = verify ? { TARDY_VERIFY: '1' } : {};
  return runLoudly(process.execPath, [VITEST, 'run', ...args], { env });
}

function report(skips: readonly Skip[]): void {
  for (const { name, reason } of skips) say(`skipped for want of ${name}: ${reason}`);
}

async function main(args: readonly string[]): Promise<number> {
  const skips = await provideAll();
  if (CI && skips.length > 0) {
    report(skips);
    say('CI=true: every component must be there, no test is skipped');
    return 1;
  }
  await build();
  const rest = args.filter((arg) => arg !== '--verify');
  const code = await runVitest(rest, rest.length < args.length);
  report(skips);
  say(code === 0 ? 'passed' : `failed: vitest ended with exit code ${code}`);
  return code;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? error.message : firstLine(error));
  process.exitCode = 1;
}
