/** One stop: of the holder while it writes, or of the resource between its check and its write. */
import type { Random } from '../../src/testing/random.ts';
import { type BenchProcess, sleep } from '../detector/live/processes.ts';
import type { Database } from './database.ts';
import type { FromHolder, FromReplica } from './messages.ts';

export const TTL_MS = 300;
export const STOP_MS = 600;
const SAID_MS = 30_000;
/** When in the life of the lease the holder is stopped. */
const STOPPED = { firstMs: 20, lastMs: 200 };
/** Until whatever was sent before has arrived. */
const SETTLE_MS = 100;

export interface Trial {
  /** At the end the data are those of the old holder, though the new one wrote before. */
  readonly isStale: boolean;
  /** Writes of the old holder. */
  readonly writes: number;
}

export interface Place {
  readonly holder: BenchProcess;
  /** Through which the old holder writes. */
  readonly replica: BenchProcess;
  readonly replicaUrl: string;
  /** Through which the new one does. */
  readonly otherUrl: string;
  readonly data: Database;
}

let last = 0;

/** Fresh for each trial: a key, and the tokens of the old and of the new holder. */
function fresh() {
  last += 2;
  return { key: `trial-${process.pid}-${last}`, token: `${last}`, newToken: `${last + 1}` };
}

async function put(url: string, key: string, token: string): Promise<void> {
  const headers = { 'fencing-token': token };
  const { status } = await fetch(`${url}/${key}`, { method: 'PUT', headers });
  if (status !== 200) throw new Error(`the new holder was answered ${status}`);
}

export async function stopHolder(place: Place, random: Random): Promise<Trial> {
  const { holder, otherUrl, data } = place;
  const { key, token, newToken } = fresh();
  const asked = holder.said((m) => m === 'ask', SAID_MS);
  holder.tell({ begin: key });
  await asked;
  const expiresAtMs = performance.now() + TTL_MS;
  const done = holder.said((m) => typeof m === 'object' && m !== null && 'writes' in m, SAID_MS);
  holder.tell({ token });
  const { firstMs, lastMs } = STOPPED;
  await sleep(firstMs + random.next() * (lastMs - firstMs));
  holder.signal('SIGSTOP');
  const resumeAtMs = performance.now() + STOP_MS;
  await sleep(expiresAtMs - performance.now() + 1);
  await put(otherUrl, key, newToken);
  await sleep(resumeAtMs - performance.now());
  holder.signal('SIGCONT');
  const { writes } = (await done) as Exclude<FromHolder, string>;
  await sleep(SETTLE_MS);
  return { isStale: (await data.get(key)) !== newToken, writes };
}

/** The request of the old holder was checked in time; the resource stands still before it writes. */
export async function stopReplica(place: Place, random: Random, workMs: number): Promise<Trial> {
  const { replica, replicaUrl, otherUrl, data } = place;
  const { key, token, newToken } = fresh();
  const isBetween = (m: unknown) => (m as Exclude<FromReplica, string>).between === token;
  const between = replica.said(isBetween, SAID_MS);
  const old = put(replicaUrl, key, token).then(
    () => 1,
    () => 0,
  );
  await between;
  await sleep(random.next() * workMs * 0.5);
  replica.signal('SIGSTOP');
  const resumeAtMs = performance.now() + STOP_MS;
  await sleep(TTL_MS);
  await put(otherUrl, key, newToken);
  await sleep(resumeAtMs - performance.now());
  replica.signal('SIGCONT');
  const writes = await old;
  return { isStale: (await data.get(key)) !== newToken, writes };
}
