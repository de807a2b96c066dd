/**
 * The report that a state file allows: advice over the windows in it, as it was when the file was
 * written. Requests, endings and what is in flight are not kept in it.
 */
import { readConfig } from '../config.ts';
import { TardyError } from '../errors.ts';
import { PeerTable } from '../peers/peer-table.ts';
import { timeoutEntries, type TimeoutsReport } from '../report.ts';
import { restoreSnapshot, type Snapshot } from '../state/snapshot.ts';
import { readSnapshot } from '../state/state-file.ts';
import { Estimator } from '../timeout/estimator.ts';
import type { Environment } from './io.ts';

/** The monotonic clock of the process that wrote it is unknown; only ages count. */
const NOW_MS = 0;

/**
 * Settings such as TARDY_TARGET_RATE are not in the file: they are read from the environment, as
 * the node reads them. Throws ERR_TARDY_STATE for a file that cannot be read.
 */
export function stateReport(path: string, env: Environment): TimeoutsReport {
  const config = readConfig({}, env);
  const snapshot = read(path);
  const windowMs = Math.max(config.windowMs, 1 + oldestMs(snapshot));
  const { targetRate, minMs, maxMs, initialMs } = config;
  const options = { targetRate, minMs, maxMs, initialMs, windowMs };
  const table = new PeerTable(config, () => new Estimator(options));
  restoreSnapshot(table, snapshot, NOW_MS, snapshot.writtenAtWallMs);
  return {
    node: `state file ${path}`,
    generatedAt: new Date(snapshot.writtenAtWallMs).toISOString(),
    timeouts: timeoutEntries(table, NOW_MS),
  };
}

/** The node's window may have been longer than ours: nothing that is in the file is left out. */
function oldestMs({ routes }: Snapshot): number {
  const ages = routes.flatMap(({ slices }) => slices.map(({ ageMs }) => ageMs));
  return ages.reduce((oldest, age) => Math.max(oldest, age), 0);
}

function read(path: string): Snapshot {
  try {
    return readSnapshot(path);
  } catch (error) {
    throw new TardyError('ERR_TARDY_STATE', `cannot read ${path}: ${whyNot(error)}`);
  }
}

function whyNot(error: unknown): string {
  if (TardyError.is(error)) {
    return `it ${error.message}. A node writes it with TARDY_STATE_FILE; a copy must be whole`;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file. A node writes it with TARDY_STATE_FILE';
  return code === 'EISDIR' ? 'it is a folder' : message;
}
