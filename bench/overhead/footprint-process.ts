/** Counts the bytes of a thousand (peer, route) pairs, as they are after some traffic. */
import { answer } from './answers.ts';
import { built } from './built.ts';
import { everywhereMs, lognormalMs, MASK } from './durations.ts';
import { collectAll } from './garbage.ts';
import type { FootprintJob } from './jobs.ts';

const PEERS = 20;
const ROUTES = 50;
const WINDOW_MS = 300_000;
/** Where every bucket is filled, each third request is cut off: both halves of a histogram are. */
const CUT_OFF_EVERY = 3;

/** Kept until the process ends, or there would be nothing to count. */
const kept: unknown[] = [];

answer({
  /** Bytes per key. */
  async bytes(job: FootprintJob): Promise<number> {
    await fill({ ...job, requestsPerKey: 100 }, 1); // code, and scratch space that all share
    const before = bytesInUse();
    kept.push(await fill(job, PEERS * ROUTES));
    return (bytesInUse() - before) / (PEERS * ROUTES);
  },
});

async function fill({ data, requestsPerKey, seed }: FootprintJob, keys: number) {
  const { PeerTable, Traffic, PauseLog, Estimator } = await built();
  const everywhere = data === 'every bucket';
  const durations = everywhere ? everywhereMs(seed) : lognormalMs(seed);
  // Room for every key's exported series: with less, some keys would have none and cost less.
  const limits = { maxPeers: 1024, maxRoutesPerPeer: 64, maxHistograms: 2000, maxSeries: 1e6 };
  const table = new PeerTable(limits, () => new Estimator({ windowMs: WINDOW_MS }));
  const traffic = new Traffic({ table, pauses: new PauseLog({ tickMs: 20, lateMs: 20 }) });
  for (let key = 0; key < keys; key++) {
    const estimator = oneRequest(traffic, key);
    for (let i = 1; i < requestsPerKey; i++) {
      const durationMs = durations[(i + key * 97) & MASK] as number;
      const outcome = everywhere && i % CUT_OFF_EVERY === 0 ? 'timed-out' : 'completed';
      estimator?.observe({ atMs: (i / requestsPerKey) * WINDOW_MS, durationMs, outcome });
    }
    estimator?.advice(WINDOW_MS);
  }
  return [table, traffic];
}

type Flow = InstanceType<Awaited<ReturnType<typeof built>>['Traffic']>;

/** Makes the key, with all that hangs on it; its estimator. */
function oneRequest(traffic: Flow, key: number) {
  const origin = `http://service-${key % PEERS}.internal:8080`;
  const route = Math.floor(key / PEERS);
  const path = `/route-${String.fromCharCode(97 + (route % 26), 97 + Math.floor(route / 26))}`;
  const opened = traffic.open({ origin, method: 'GET', path }, 0);
  if (!opened) return undefined;
  traffic.written(opened, 0, true, '10.0.0.1');
  traffic.replied(opened, 8, 5);
  traffic.end(opened, 'completed', 8);
  return opened.route.estimator;
}

function bytesInUse(): number {
  collectAll();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
