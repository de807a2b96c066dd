/**
 * Records heartbeats between real processes: `node bench/detector/record.ts MINUTES DIRECTORY [SEED]`.
 *
 * Six senders, each with its own trouble, send a datagram every 100 ms to one receiver over
 * loopback. One file a sender, `own-TROUBLE.csv.gz`: what was sent when by the sender's monotonic
 * clock, and when it arrived by the receiver's; and `own-pauses.csv`, when the receiver itself
 * stood still.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { randomFrom } from '../../test/support/random.ts';
import { PauseLog } from '../../src/pause/pause-log.ts';

const TROUBLES = ['idle', 'garbage', 'hog', 'stopped', 'loss', 'busy'];
const SENDER = fileURLToPath(new URL('record-sender.ts', import.meta.url));
const INTERVAL_MS = 100;
/** Code is compiled by then: not recorded. */
const WARM_UP_MS = 5000;
const TICK_MS = 10;
/** How often the stopped sender is stopped, and for how long. */
const STOP = { everyMs: 60_000, leastMs: 200, mostMs: 3000 };
/** Gilbert-Elliott: chances a beat to enter and to leave the bad state, and to be lost in each. */
const LOSS = { enter: 0.002, leave: 0.3, good: 0.002, bad: 0.6 };

interface Beat {
  readonly seq: number;
  readonly sentMs: number;
  readonly arrivedMs: number;
}

async function record(minutes: number, directory: string, seed: number): Promise<void> {
  const random = randomFrom(seed);
  const beats = TROUBLES.map((): Beat[] => []);
  const pauses = new PauseLog({ tickMs: TICK_MS, lateMs: 2 * TICK_MS });
  const paused: string[] = ['from_ms,to_ms'];
  const startMs = performance.now();
  const ticker = setInterval(() => {
    const pause = pauses.tick(performance.now());
    if (pause) paused.push(`${rounded(pause.fromMs - startMs)},${rounded(pause.toMs - startMs)}`);
  }, TICK_MS);

  let isBad = false;
  const isLost = (): boolean => {
    isBad = random.next() < (isBad ? 1 - LOSS.leave : LOSS.enter);
    return random.next() < (isBad ? LOSS.bad : LOSS.good);
  };
  const socket = createSocket('udp4');
  socket.on('message', (message) => {
    const arrivedMs = performance.now() - startMs;
    const sender = message.readUInt32BE(0);
    if (TROUBLES[sender] === 'loss' && isLost()) return;
    if (arrivedMs < WARM_UP_MS) return;
    beats[sender]?.push({
      seq: message.readUInt32BE(4),
      sentMs: message.readDoubleBE(8),
      arrivedMs,
    });
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');

  const senders = TROUBLES.map((trouble, i) =>
    fork(SENDER, [
      trouble,
      String(i),
      String(socket.address().port),
      String(INTERVAL_MS),
      String(seed + i),
    ]),
  );
  const stopper = new AbortController();
  const stopping = stopNowAndThen(
    senders[TROUBLES.indexOf('stopped')] as ChildProcess,
    () => random.exponential(STOP.everyMs),
    () => STOP.leastMs + random.next() * (STOP.mostMs - STOP.leastMs),
    stopper.signal,
  );
  await sleep(WARM_UP_MS + minutes * 60_000);
  stopper.abort();
  await stopping;
  for (const sender of senders) sender.disconnect();
  clearInterval(ticker);
  socket.close();
  for (const [i, trouble] of TROUBLES.entries()) {
    writeFileSync(
      join(directory, `own-${trouble}.csv.gz`),
      gzipSync(csvOf(beats[i] as Beat[]), { level: 9 }),
    );
  }
  writeFileSync(join(directory, 'own-pauses.csv'), `${paused.join('\n')}\n`);
}

async function stopNowAndThen(
  child: ChildProcess,
  everyMs: () => number,
  forMs: () => number,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      await sleep(everyMs(), undefined, { signal });
      child.kill('SIGSTOP');
      await sleep(forMs());
      child.kill('SIGCONT');
    }
  } catch {
    // Asked to end.
  }
}

/**
 * Differences, which pack well: sequence numbers, send times in units of 10 µs, and by how much
 * longer this one was on its way than the first.
 */
function csvOf(beats: readonly Beat[]): string {
  const lines = ['seq_step,sent_step_10us,delay_10us'];
  const first = beats[0];
  let [seq, sent] = [first?.seq ?? 0, 0];
  for (const beat of beats) {
    const sentUnits = Math.round((beat.sentMs - (first as Beat).sentMs) * 100);
    const arrivedUnits = Math.round((beat.arrivedMs - (first as Beat).arrivedMs) * 100);
    lines.push(`${beat.seq - seq},${sentUnits - sent},${arrivedUnits - sentUnits}`);
    [seq, sent] = [beat.seq, sentUnits];
  }
  return `${lines.join('\n')}\n`;
}

function rounded(ms: number): string {
  return ms.toFixed(1);
}

const [minutes, directory, seed = '1'] = process.argv.slice(2);
if (!(Number(minutes) > 0) || directory === undefined) {
  process.stderr.write('node bench/detector/record.ts MINUTES DIRECTORY [SEED]\n');
  process.exitCode = 2;
} else {
  await record(Number(minutes), directory, Number(seed));
}
