/** Parts of the built package that no entry exports, measured as they are shipped. */
const BUILT = new URL('../../dist/src/', import.meta.url);

type PeerTableModule = typeof import('../../src/peers/peer-table.ts');
type TrafficModule = typeof import('../../src/peers/traffic.ts');
type PauseLogModule = typeof import('../../src/pause/pause-log.ts');
type EstimatorModule = typeof import('../../src/timeout/estimator.ts');

export interface Built {
  readonly PeerTable: PeerTableModule['PeerTable'];
  readonly Traffic: TrafficModule['Traffic'];
  readonly PauseLog: PauseLogModule['PauseLog'];
  readonly Estimator: EstimatorModule['Estimator'];
}

export async function built(): Promise<Built> {
  const { PeerTable } = (await load('peers/peer-table.js')) as PeerTableModule;
  const { Traffic } = (await load('peers/traffic.js')) as TrafficModule;
  const { PauseLog } = (await load('pause/pause-log.js')) as PauseLogModule;
  const { Estimator } = (await load('timeout/estimator.js')) as EstimatorModule;
  return { PeerTable, Traffic, PauseLog, Estimator };
}

function load(path: string): Promise<unknown> {
  return import(new URL(path, BUILT).href);
}
