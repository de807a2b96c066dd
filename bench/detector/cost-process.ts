/** What detectors cost, in a process of its own that may collect its garbage: prints JSON. */
import { median } from '../overhead/statistics.ts';
import { randomFrom } from '../../test/support/random.ts';
import { type Contender, CONTENDERS } from './contenders.ts';

/** What the child is told on its command line. */
export interface CostJob {
  readonly seed: number;
  readonly names: readonly string[];
  /** Heartbeats of a block, blocks, and detectors whose memory is taken. */
  readonly beats: number;
  readonly blocks: number;
  readonly detectors: number;
}

export interface DetectorCost {
  readonly name: string;
  /** A heartbeat, and the two queries that follow it: deadline and phi. */
  readonly nsPerBeat: number;
  /** A detector that has settled. */
  readonly bytes: number;
}

const INTERVAL_MS = 1000;
/** As many as the largest window holds, and some. */
const SETTLED_BEATS = 1100;
const MASK = 0xffff;
const COLLECTIONS_MIN = 5;
const LITTLE_BYTES = 10_000;

const job = JSON.parse(process.argv[2] ?? '{}') as CostJob;
const random = randomFrom(job.seed);
const delaysMs = new Float64Array(MASK + 1).map(() => 40 + random.lognormal(8, 1));

/** Goes through many detectors in turn, as a process with many peers does. */
function nsPerBeat(contender: Contender): number {
  const peers = Array.from({ length: 1000 }, () => contender.make(INTERVAL_MS));
  let turn = 0;
  let seq = 0;
  const beat = () => {
    const detector = peers[turn]!;
    const sentAtMs = seq * INTERVAL_MS;
    const arrivedAtMs = sentAtMs + (delaysMs[(seq * 31 + turn) & MASK] as number);
    detector.heartbeat({ arrivedAtMs, sentAtMs, seq });
    const asked = detector.deadlineMs(contender.phi) + (detector.phi(arrivedAtMs + 500) ?? 0);
    if (++turn === peers.length) {
      turn = 0;
      seq++;
    }
    return asked;
  };
  for (let i = 0; i < job.beats; i++) beat();
  const blocks = Array.from({ length: job.blocks }, () => {
    const startMs = performance.now();
    for (let i = 0; i < job.beats; i++) beat();
    return ((performance.now() - startMs) * 1e6) / job.beats;
  });
  return median(blocks);
}

async function bytesEach(contender: Contender): Promise<number> {
  const kept = [settled(contender)];
  const before = await bytesInUse();
  for (let i = 0; i < job.detectors; i++) kept.push(settled(contender));
  const after = await bytesInUse();
  // Used after the measurement, so that they are kept until then.
  return (after - before) / (kept.length - 1);
}

function settled(contender: Contender) {
  const detector = contender.make(INTERVAL_MS);
  for (let seq = 0; seq < SETTLED_BEATS; seq++) {
    const sentAtMs = seq * INTERVAL_MS;
    detector.heartbeat({ arrivedAtMs: sentAtMs + delaysMs[seq]!, sentAtMs, seq });
    detector.deadlineMs(contender.phi);
  }
  return detector;
}

/** Buffers of the contender before go away late: collects until nothing more does. */
async function bytesInUse(): Promise<number> {
  let bytes = Infinity;
  for (let rest = COLLECTIONS_MIN; rest > 0; rest--) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 1));
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external < bytes - LITTLE_BYTES) rest = COLLECTIONS_MIN;
    bytes = Math.min(bytes, heapUsed + external);
  }
  return bytes;
}

const costs: DetectorCost[] = [];
for (const contender of CONTENDERS.filter(({ name }) => job.names.includes(name))) {
  const bytes = await bytesEach(contender);
  costs.push({ name: contender.name, nsPerBeat: nsPerBeat(contender), bytes });
}
process.stdout.write(JSON.stringify(costs));
