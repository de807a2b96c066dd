/**
 * `node --import tardy/register app.js`: measures without a line in the application. Settings come
 * from `TARDY_*` and `OTEL_*` variables.
 *
 * Whatever goes wrong here is told on stderr and leaves the application as it would be without.
 */
import { isMainThread } from 'node:worker_threads';
import { SETTLE_MS, startExporting, startupLine } from './startup.ts';
import { createTardy, type Tardy } from './tardy.ts';

if (isMainThread) begin();

function begin(): void {
  try {
    const tardy = createTardy();
    if (!tardy.config.enabled) return;
    const loaded = tardy.start();
    setTimeout(() => void exportAndSay(tardy, loaded), SETTLE_MS).unref();
  } catch (error) {
    complain('not started', error);
  }
}

async function exportAndSay(tardy: Tardy, loaded: string | undefined): Promise<void> {
  try {
    const line = startupLine(await startExporting(tardy), loaded);
    if (!tardy.config.quiet) process.stderr.write(`${line}\n`);
  } catch (error) {
    complain('measuring, but not exporting', error);
  }
}

function complain(what: string, error: unknown): void {
  process.stderr.write(
    `tardy: ${what}: ${error instanceof Error ? error.message : String(error)}\n`,
  );
}
