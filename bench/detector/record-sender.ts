/** One sender of `record.ts`: `record-sender.ts TROUBLE INDEX PORT INTERVAL_MS SEED`. */
import { createSocket } from 'node:dgram';
import { randomFrom } from '../../test/support/random.ts';

const [trouble, index, port, intervalMs, seed] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const socket = createSocket('udp4');
let seq = 0;

setInterval(() => {
  const beat = Buffer.alloc(16);
  beat.writeUInt32BE(Number(index), 0);
  beat.writeUInt32BE(seq++, 4);
  beat.writeDoubleBE(performance.now(), 8);
  socket.send(beat, Number(port), '127.0.0.1');
}, Number(intervalMs));

process.on('disconnect', () => process.exit());

function again(everyMs: number, trouble: () => void): void {
  setTimeout(() => {
    trouble();
    again(everyMs, trouble);
  }, random.exponential(everyMs));
}

function burn(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** Kept for a while, so that collecting it takes the collector some time. */
const retained: unknown[] = [];
function collectable(): void {
  for (let i = 0; i < 20_000; i++) retained.push({ i, text: `entry ${i}`, list: [i, i + 1] });
  if (retained.length > 2_000_000) retained.length = 0;
}

if (trouble === 'garbage') again(200, collectable);
/** Rare and long: a JSON document too large, a regular expression too clever. */
if (trouble === 'hog') again(8000, () => burn(Math.min(5000, 30 / random.next() ** 0.8)));
/** Often and short: a service at work. */
if (trouble === 'busy') again(30, () => burn(random.exponential(12)));
