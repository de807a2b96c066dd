/**
 * Streams played from recordings of others, and from one of ours. Each is decoded into intervals,
 * played in real time and from the start again when it ends; within an interval the round trips
 * are drawn at random from what was recorded in it. That is a resampling: the order of requests
 * within an interval is lost, so the true quantile is not known.
 */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Random } from '../../test/support/random.ts';
import { type Interval, readIntervals } from './hlog.ts';

const TRACES = new URL('traces/', import.meta.url);

/** YCSB counts in microseconds, whatever the column Interval_Max takes them for; jHiccup in ns. */
const MICROS = 1000;
const NANOS = 1_000_000;

const HICCUP_BASE = { medianMs: 8, sigma: 0.4 };
/** The table of Seattle has steps of 10 ms: half a step either way is unknown. */
const SEATTLE_STEP_MS = 10;
const SEATTLE_FRAMES = 688;
/** One frame of the table lasts so long in our time. */
const SEATTLE_FRAME_MS = 15_000;

/** Round trips of a database under load, from its log of one histogram a second. */
export function ycsbStream(random: Random, startsMs: Float64Array): Float64Array {
  const intervals = readIntervals(gunzipSync(read('ycsb.logV1.hlog.gz')).toString(), MICROS);
  return play(intervals, startsMs, (interval) => draw(interval, random));
}

/** Pauses of a process, added to a plain service. */
export function hiccupStream(random: Random, startsMs: Float64Array): Float64Array {
  const intervals = readIntervals(read('jHiccup-2.0.7S.logV2.hlog').toString(), NANOS);
  const { medianMs, sigma } = HICCUP_BASE;
  return play(
    intervals,
    startsMs,
    (interval) => random.lognormal(medianMs, sigma) + draw(interval, random),
  );
}

/** Requests to random pairs of devices, while the frames of the recording go by. */
export function seattleStream(random: Random, startsMs: Float64Array): Float64Array {
  const pairs = readPairs(gunzipSync(read('seattle-rtt.csv.gz')).toString());
  return startsMs.map((startMs) => {
    const frame = Math.floor(startMs / SEATTLE_FRAME_MS) % SEATTLE_FRAMES;
    const rtt = pairs[random.integer(pairs.length)]?.[frame] as number;
    return rtt + SEATTLE_STEP_MS * (random.next() - 0.5);
  });
}

/** Our own recording, if there is one. */
export function ownStream(random: Random, startsMs: Float64Array): Float64Array | undefined {
  if (!existsSync(new URL('own.hlog.gz', TRACES))) return undefined;
  const intervals = readIntervals(gunzipSync(read('own.hlog.gz')).toString(), MICROS);
  return play(intervals, startsMs, (interval) => draw(interval, random));
}

function read(name: string): Buffer {
  return readFileSync(new URL(name, TRACES));
}

/** Calls `rttMs` with the interval in which each request starts. */
function play(
  intervals: readonly Interval[],
  startsMs: Float64Array,
  rttMs: (interval: Interval) => number,
): Float64Array {
  const rttsMs = new Float64Array(startsMs.length);
  let at = 0;
  let endMs = (intervals[0] as Interval).lengthMs;
  for (let i = 0; i < startsMs.length; i++) {
    while ((startsMs[i] as number) >= endMs) {
      at = (at + 1) % intervals.length;
      endMs += (intervals[at] as Interval).lengthMs;
    }
    rttsMs[i] = rttMs(intervals[at] as Interval);
  }
  return rttsMs;
}

/** A value of the interval at random; within its bucket, evenly. */
function draw({ lowsMs, widthsMs, cumulative }: Interval, random: Random): number {
  const rank = random.next() * (cumulative.at(-1) as number);
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] as number) > rank) high = middle;
    else low = middle + 1;
  }
  return (lowsMs[low] as number) + random.next() * (widthsMs[low] as number);
}

/** The RTT of each pair in each frame: rows are there only where the value changed. */
function readPairs(csv: string): Float64Array[] {
  const byPair = new Map<string, Float64Array>();
  for (const line of csv.split('\n').slice(1)) {
    const [from, to, frame, rtt] = line.split(',');
    if (rtt === undefined) continue;
    const key = `${from}-${to}`;
    let frames = byPair.get(key);
    if (!frames) byPair.set(key, (frames = new Float64Array(SEATTLE_FRAMES)));
    frames.fill(Number(rtt), Number(frame));
  }
  return [...byPair.values()].filter((frames) => (frames[0] as number) > 0);
}
