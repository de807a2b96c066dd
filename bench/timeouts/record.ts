/**
 * Makes a recording of our own: `node bench/timeouts/record.ts MINUTES FILE [SEED]`.
 *
 * A server in another process, over loopback; requests leave at random instants whatever becomes
 * of the others, so that those which meet a pause are all there. The round trips of each second
 * are one histogram of a version 2 interval log, in microseconds, two digits.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { randomFrom } from '../../test/support/random.ts';

const PER_SECOND = 100;
const INTERVAL_MS = 1000;
/** Code is compiled, the server's garbage is there: not recorded. */
const WARM_UP_MS = 15_000;
const SETTLE_MS = 3000;
const SERVER = fileURLToPath(new URL('record-server.ts', import.meta.url));

async function record(minutes: number, file: string, seed: number): Promise<void> {
  const server = fork(SERVER, [String(seed)], { execArgv: ['--max-old-space-size=512'] });
  const [port] = (await once(server, 'message')) as [number];
  const random = randomFrom(seed + 1);
  const agent = new Agent({ keepAlive: true });
  const startMs = performance.now();
  const endMs = startMs + WARM_UP_MS + minutes * 60_000;
  /** Round trips in µs by the second in which their request left. */
  const seconds: number[][] = [];
  for (let dueMs = startMs; dueMs < endMs; dueMs += random.exponential(1000 / PER_SECOND)) {
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await sleep(waitMs);
    const sentMs = performance.now();
    const second = Math.floor((sentMs - startMs - WARM_UP_MS) / INTERVAL_MS);
    const rtts = second >= 0 ? (seconds[second] ??= []) : [];
    get({ host: '127.0.0.1', port, agent }, (response) => {
      rtts.push(Math.round((performance.now() - sentMs) * 1000));
      response.resume();
    });
  }
  await sleep(SETTLE_MS);
  server.disconnect();
  agent.destroy();
  writeFileSync(file, gzipSync(logOf(seconds, seed)));
}

function logOf(seconds: readonly (readonly number[] | undefined)[], seed: number): string {
  const lines = [
    `#[Recorded by bench/timeouts/record.ts over loopback, seed ${seed}, round trips in us]`,
    '#[Histogram log format version 1.2]',
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ];
  for (const [second, rtts = []] of seconds.entries()) {
    const histogram = build({ bitBucketSize: 32, numberOfSignificantValueDigits: 2 });
    for (const rtt of rtts) histogram.recordValue(Math.max(1, rtt));
    const maxMs = (histogram.maxValue / 1000).toFixed(3);
    lines.push(`${second}.000,1.000,${maxMs},${encodeIntoCompressedBase64(histogram)}`);
  }
  return `${lines.join('\n')}\n`;
}

const [minutes, file, seed = '1'] = process.argv.slice(2);
if (!(Number(minutes) > 0) || file === undefined) {
  process.stderr.write('node bench/timeouts/record.ts MINUTES FILE [SEED]\n');
  process.exitCode = 2;
} else {
  await record(Number(minutes), file, Number(seed));
}
