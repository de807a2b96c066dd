/** A process with one node or several, which does what it is told: `{ blockMs }`. */
import { createSocket } from 'node:dgram';
import { BenchNode, type BenchNodeOptions } from './bench-node.ts';

export interface NodeJob extends BenchNodeOptions {
  /** Bare datagrams go there too, one each interval: heartbeats for a naive detector. */
  readonly beatPort?: number;
}

process.on('disconnect', () => process.exit(9)); // who started us is gone
const jobs = JSON.parse(process.argv[2] ?? '[]') as NodeJob[];
const beats = createSocket('udp4').on('error', () => undefined);
const onPause = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => {
  const zeroMs = performance.timeOrigin;
  process.send?.({ pause: { fromMs: zeroMs + fromMs, toMs: zeroMs + toMs } });
};
for (const [i, job] of jobs.entries()) {
  new BenchNode(i === 0 ? { ...job, onPause } : job);
  const { beatPort, heartbeatMs } = job;
  if (beatPort !== undefined)
    setInterval(() => beats.send('beat', beatPort, '127.0.0.1'), heartbeatMs);
}

const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
process.on('message', ({ blockMs }: { blockMs?: number }) => {
  // The loop stands still, and the processor is free for the others.
  if (blockMs !== undefined) setTimeout(() => Atomics.wait(never, 0, 0, blockMs), 0);
});
process.send?.('ready');
