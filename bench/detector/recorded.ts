/** What others have recorded, and what we have: bench/detector/record.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Pause } from '../../src/pause/pause-log.ts';
import { type Random, randomFrom } from '../../test/support/random.ts';
import { readIntervals } from '../timeouts/hlog.ts';
import { seattleStream } from '../timeouts/recorded.ts';
import type { Link } from './links.ts';
import type { Trace } from './trace.ts';

const TRACES = new URL('traces/', import.meta.url);
const HICCUPS = new URL('../timeouts/traces/jHiccup-2.0.7S.logV2.hlog', import.meta.url);
const NANOS_PER_MS = 1_000_000;

/** Smaller ones are no pauses, but the noise of a timer. */
const PAUSE_MS_MIN = 20;
/** One recorded second lasts so long: the program recorded pauses every twenty seconds. */
const SLOWED_DOWN = 10;

/** The longest pause of each recorded second, from the start again when the recording ends. */
export function hiccupPauses(spanMs: number): Pause[] {
  const seconds = readIntervals(readFileSync(HICCUPS, 'utf8'), NANOS_PER_MS);
  const longest = seconds.map(({ lowsMs }) => lowsMs.at(-1) ?? 0);
  const pauses: Pause[] = [];
  for (let i = 0; i * 1000 * SLOWED_DOWN < spanMs; i++) {
    const lengthMs = longest[i % longest.length] as number;
    const fromMs = i * 1000 * SLOWED_DOWN;
    if (lengthMs >= PAUSE_MS_MIN) pauses.push({ fromMs, toMs: fromMs + lengthMs });
  }
  return pauses;
}

const SEATTLE_FRAME_MS = 15_000;
const SEATTLE_SPAN_MS = 688 * SEATTLE_FRAME_MS;
/** Pairs that are taken, far apart in the table. */
const SEATTLE_PAIRS = [211, 733, 1187, 1621, 2203];

/** The table has steps of 10 ms: half a step either way is unknown. */
const SEATTLE_STEP_MS = 10;

/** One way between two devices: half of what the round trip was at that time. */
export function seattleDelay(
  pair: number,
  intervalMs: number,
): { readonly link: (random: Random) => Link; readonly beats: number } {
  const beats = Math.floor(SEATTLE_SPAN_MS / intervalMs);
  return {
    beats,
    link: (random) => {
      seattle ??= seattleFrames();
      const frames = seattle[pair] as Float64Array;
      return (atMs) => {
        const rttMs = frames[Math.floor(atMs / SEATTLE_FRAME_MS) % frames.length] as number;
        return Math.max(0, rttMs + SEATTLE_STEP_MS * (random.next() - 0.5)) / 2;
      };
    },
  };
}

/** Decoded once: it takes a while. */
let seattle: Float64Array[] | undefined;

/**
 * The RTT of each pair in each frame. The stream draws a pair for each request, and where within
 * a step it was; this die falls on one pair after the other, and on the middle.
 */
function seattleFrames(): Float64Array[] {
  const frames = SEATTLE_SPAN_MS / SEATTLE_FRAME_MS;
  const startsMs = new Float64Array(frames * SEATTLE_PAIRS.length).map(
    (_, i) => (i % frames) * SEATTLE_FRAME_MS,
  );
  let draws = 0;
  const die: Random = {
    ...randomFrom(0),
    next: () => 0.5,
    integer: (below) => (SEATTLE_PAIRS[Math.floor(draws++ / frames)] ?? 0) % below,
  };
  const rttsMs = seattleStream(die, startsMs);
  return SEATTLE_PAIRS.map((_, i) => rttsMs.slice(i * frames, (i + 1) * frames));
}

const OWN = ['idle', 'garbage', 'hog', 'stopped', 'loss', 'busy'];
const OWN_INTERVAL_MS = 100;
/** The recorder leaves out what arrived before. */
const OWN_WARM_UP_MS = 5000;
const UNITS_PER_MS = 100;

/** Our own recordings, as far as they are there. Nothing is tuned on them: all of them judge. */
export function ownTraces(folder = TRACES): Trace[] {
  const pausesFile = new URL('own-pauses.csv', folder);
  const pauses = existsSync(pausesFile) ? readPauses(readFileSync(pausesFile, 'utf8')) : [];
  return OWN.flatMap((trouble) => {
    const file = new URL(`own-${trouble}.csv.gz`, folder);
    if (!existsSync(file)) return [];
    return [readOwn(`own-${trouble}`, gunzipSync(readFileSync(file)).toString(), pauses)];
  });
}

/** What the recorder wrote. How long the fastest was on its way is not known, and taken for 0. */
export function readOwn(name: string, csv: string, recorded: readonly Pause[]): Trace {
  const rows = csv
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => line.split(',').map(Number) as [number, number, number]);
  let seq = 0;
  let sentUnits = 0;
  const beats = rows.map(([seqStep, sentStep, delayUnits]) => {
    seq += seqStep;
    sentUnits += sentStep;
    return { seq, sentMs: sentUnits / UNITS_PER_MS, delayMs: delayUnits / UNITS_PER_MS };
  });
  const leastMs = beats.reduce((least, { delayMs }) => Math.min(least, delayMs), Infinity);
  const arrivedMs = Float64Array.from(beats, ({ sentMs, delayMs }) => sentMs + delayMs);
  return {
    ...{ name, origin: 'recorded', set: 'judging', intervalMs: OWN_INTERVAL_MS },
    ...{ senderPauses: [], slowdowns: [] },
    seq: Float64Array.from(beats, (beat) => beat.seq),
    sentMs: Float64Array.from(beats, ({ sentMs }) => sentMs),
    arrivedMs,
    delayMs: Float64Array.from(beats, ({ delayMs }) => delayMs - leastMs),
    pauses: aligned(recorded, arrivedMs),
  };
}

export function readPauses(csv: string): Pause[] {
  return csv
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => {
      const [fromMs, toMs] = line.split(',').map(Number) as [number, number];
      return { fromMs, toMs };
    });
}

/**
 * Pauses count from the start of the recorder, heartbeats from the first that arrived after its
 * warm-up, at most an interval later. By how much is not written down; but nothing is read during
 * a pause, so of all shifts the one is right with which the fewest were.
 */
export function aligned(pauses: readonly Pause[], arrivedMs: Float64Array): Pause[] {
  const shifted = (shiftMs: number) =>
    pauses
      .map(({ fromMs, toMs }) => ({ fromMs: fromMs - shiftMs, toMs: toMs - shiftMs }))
      .filter(({ toMs }) => toMs > 0);
  let best: number[] = [];
  let fewest = Infinity;
  for (let waitMs = 0; waitMs <= OWN_INTERVAL_MS; waitMs++) {
    const read = readDuring(shifted(OWN_WARM_UP_MS + waitMs), arrivedMs);
    if (read > fewest) continue;
    best = read < fewest ? [waitMs] : [...best, waitMs];
    fewest = read;
  }
  return shifted(OWN_WARM_UP_MS + (best[best.length >> 1] ?? 0));
}

/** How many were read in the midst of a pause. */
function readDuring(pauses: readonly Pause[], arrivedMs: Float64Array): number {
  let read = 0;
  let next = 0;
  for (const atMs of arrivedMs) {
    while (next < pauses.length && (pauses[next] as Pause).toMs <= atMs) next++;
    const pause = pauses[next];
    if (pause && pause.fromMs < atMs) read++;
  }
  return read;
}

/** A die for the trace of this seed and name: adding a trace does not change the others (FNV-1a). */
export function dieFor(seed: number, name: string): Random {
  let hash = 0x811c9dc5;
  for (const letter of `${seed} ${name}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  }
  return randomFrom(hash >>> 0);
}
