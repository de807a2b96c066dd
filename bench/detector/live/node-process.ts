/** A process with one node or several, which does what it is told: `{ blockMs }`. */
import { BenchNode, type BenchNodeOptions } from './bench-node.ts';

process.setMaxListeners(0);
process.on('disconnect', () => process.exit(9)); // who started us is gone
const jobs = JSON.parse(process.argv[2] ?? '[]') as BenchNodeOptions[];
const onPause = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => {
  const zeroMs = performance.timeOrigin;
  process.send?.({ pause: { fromMs: zeroMs + fromMs, toMs: zeroMs + toMs } });
};
for (const [i, job] of jobs.entries()) new BenchNode(i === 0 ? { ...job, onPause } : job);

const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
process.on('message', ({ blockMs }: { blockMs?: number }) => {
  // The loop stands still, and the processor is free for the others.
  if (blockMs !== undefined) setTimeout(() => Atomics.wait(never, 0, 0, blockMs), 0);
});
process.send?.('ready');
