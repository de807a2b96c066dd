/**
 * The generated traces, with all their parameters: fixed before anything was tuned, and not to be
 * changed to suit a detector. Those for training have other parameters, other shapes and other
 * seeds than those for judging.
 */
import type { Pause } from '../../src/pause/pause-log.ts';
import type { Random } from '../../test/support/random.ts';
import {
  batches,
  type Delay,
  erlang,
  type Link,
  lognormal,
  lossy,
  pareto,
  satellite,
  steps,
  tides,
  twoRoutes,
} from './links.ts';
import { hiccupPauses, seattleDelay } from './recorded.ts';
import { randomPauses, send, type SenderOptions } from './senders.ts';
import { type Origin, type Sent, type Trace, traceOf, type TraceSet } from './trace.ts';

export interface Family {
  readonly name: string;
  readonly set: TraceSet;
  readonly origin: Origin;
  readonly what: string;
  readonly intervalMs: number;
  readonly link: (random: Random) => Link;
  readonly sender?: (random: Random, spanMs: number) => Partial<SenderOptions>;
  /** The receiver's own. */
  readonly pauses?: (random: Random, spanMs: number) => readonly Pause[];
  /** By how much the sender's clock is fast. */
  readonly driftPpm?: number;
  /** How far the sender's clock jumps ahead of ours every so many heartbeats: we were suspended. */
  readonly jump?: { readonly everyBeats: number; readonly aheadMs: number };
  /** Delays are longer every other such period, as `steps` makes them. */
  readonly slowEveryMs?: number;
  /** If not as many as usual: a recording that ends. */
  readonly beats?: number;
}

/** Both clocks have zeros of their own. */
const SENDER_ZERO_MS = 7_654_321;
const DAY = { periodMs: 7_200_000, factor: 4 };

type Facts = Partial<
  Pick<Family, 'sender' | 'pauses' | 'driftPpm' | 'jump' | 'slowEveryMs' | 'origin' | 'beats'>
>;

function family(
  set: TraceSet,
  name: string,
  intervalMs: number,
  what: string,
  link: (random: Random) => Link,
  facts: Facts = {},
): Family {
  const at = intervalMs < 1000 ? `${intervalMs}ms` : `${intervalMs / 1000}s`;
  return { origin: 'synthetic', ...facts, set, name: `${name}@${at}`, what, intervalMs, link };
}

const lan = (random: Random): Delay => lognormal(random, 0.1, 0.3, 0.6);
const wan = (random: Random): Delay => lognormal(random, 40, 8, 1);
const plain = (random: Random): Delay => erlang(random, 20, 6, 2);
const outages = { enter: 0.002, leave: 0.3, good: 0.002, bad: 0.6 };
const longOutages = { enter: 0.01, leave: 0.2, good: 0.005, bad: 0.8 };
const manyLosses = { enter: 0.01, leave: 0.5, good: 0.01, bad: 0.5 };
const hiccups = (_: Random, spanMs: number) => ({ pauses: hiccupPauses(spanMs) });
const slower = { everyBeats: 2500, factor: 2 };

const JUDGING: readonly Family[] = [
  ...[100, 1000].map((ms) => family('judging', 'lan', ms, 'lognormal, median 0.3 ms', lan)),
  family('judging', 'wan', 10, '40 ms + lognormal 4 ms, sigma 0.8', (random) =>
    lognormal(random, 40, 4, 0.8),
  ),
  family('judging', 'wan', 100, '40 ms + lognormal 8 ms, sigma 1', wan),
  family('judging', 'wan', 1000, '80 ms + lognormal 30 ms, sigma 1.2', (random) =>
    lognormal(random, 80, 30, 1.2),
  ),
  family('judging', 'pareto', 100, '5 ms + Pareto 3 ms, alpha 1.5', (random) =>
    pareto(random, 5, 3, 1.5),
  ),
  family('judging', 'pareto', 1000, '5 ms + Pareto 30 ms, alpha 1.3', (random) =>
    pareto(random, 5, 30, 1.3),
  ),
  ...[10, 100].map((ms) =>
    family('judging', 'satellite', ms, 'another base every 15 s, bursts of loss', satellite),
  ),
  family('judging', 'loss', 100, 'Gilbert-Elliott, bursts of 3', (random) =>
    lossy(random, outages, lan(random)),
  ),
  family('judging', 'loss', 1000, 'Gilbert-Elliott, bursts of 5', (random) =>
    lossy(random, longOutages, wan(random)),
  ),
  ...[100, 1000].map((ms) =>
    family('judging', 'pauses', ms, 'sender pauses, sizes of jHiccup', lan, { sender: hiccups }),
  ),
  ...[10, 100].map((ms) =>
    family(
      'judging',
      'delay-x3',
      ms,
      'delay x 3 and back',
      (random) => steps(2500 * ms, 3, lognormal(random, 0.4 * ms + 30, 4, 0.6)),
      { slowEveryMs: 2500 * ms },
    ),
  ),
  ...[100, 1000].map((ms) =>
    family('judging', 'interval-x2', ms, 'interval x 2 and back', wan, {
      sender: () => ({ steps: slower }),
    }),
  ),
  family('judging', 'tides', 1000, 'delay x 1 to x 4 within an hour', (random) =>
    tides(DAY.periodMs, DAY.factor, wan(random)),
  ),
  family('judging', 'drift', 100, "the sender's clock is fast by 200 ppm", wan, { driftPpm: 200 }),
  family('judging', 'jump', 100, "the sender's clock jumps ahead by a minute", wan, {
    jump: { everyBeats: 8000, aheadMs: 60_000 },
  }),
  family('judging', 'jump-back', 100, "the sender's clock jumps back by half a minute", wan, {
    jump: { everyBeats: 8000, aheadMs: -30_000 },
  }),
  ...[10, 100].map((ms) =>
    family('judging', 'batches', ms, 'held back for up to 20 intervals now and then', (random) => {
      const heldMs = () => 20 * ms * random.next();
      return batches(random, { everyMs: 600 * ms, heldMs }, wan(random));
    }),
  ),
  ...[10, 100].map((ms) =>
    family(
      'judging',
      'uneven',
      ms,
      'interval x 0.5 to x 2, 3 % lost',
      (random) => lossy(random, { enter: 0, leave: 1, good: 0.03, bad: 0 }, wan(random)),
      { sender: () => ({ uneven: (random) => 0.5 + 1.5 * random.next() }) },
    ),
  ),
  family('judging', 'stalls', 100, 'the receiver pauses, sizes of jHiccup', wan, {
    pauses: (_, spanMs) => hiccupPauses(spanMs),
  }),
  ...[0, 1, 2].map((pair) => seattle('judging', pair)),
];

const TRAINING: readonly Family[] = [
  family('training', 'lan', 10, 'lognormal, median 0.3 ms', lan),
  family('training', 'erlang', 100, '20 ms + Erlang 6 ms', plain),
  family('training', 'erlang', 1000, '20 ms + Erlang 6 ms', plain),
  family('training', 'pareto', 100, '20 ms + Pareto 5 ms, alpha 2.2', (random) =>
    pareto(random, 20, 5, 2.2),
  ),
  family('training', 'routes', 100, '30 ms or 75 ms, for a minute each', (random) =>
    twoRoutes(random, 60_000, 30, 75),
  ),
  family('training', 'loss', 10, 'Gilbert-Elliott, short bursts', (random) =>
    lossy(random, manyLosses, plain(random)),
  ),
  family('training', 'loss', 1000, '2 % lost at random', (random) =>
    lossy(random, { enter: 0, leave: 1, good: 0.02, bad: 0 }, plain(random)),
  ),
  family('training', 'pauses', 100, 'sender pauses, lognormal 300 ms', plain, {
    sender: (random, spanMs) => ({
      pauses: randomPauses(random, spanMs, 120_000, () => random.lognormal(300, 0.8)),
    }),
  }),
  family(
    'training',
    'delay-x2',
    100,
    'delay x 2 and back',
    (random) => steps(150_000, 2, lognormal(random, 50, 6, 0.5)),
    { slowEveryMs: 150_000 },
  ),
  family(
    'training',
    'delay-x5',
    20,
    'delay x 5 and back',
    (random) => steps(40_000, 5, lognormal(random, 20, 3, 0.9)),
    { slowEveryMs: 40_000 },
  ),
  family('training', 'wan', 200, '60 ms + lognormal 25 ms, sigma 0.9', (random) =>
    lognormal(random, 60, 25, 0.9),
  ),
  family('training', 'interval-x1.5', 1000, 'interval x 1.5 and back', plain, {
    sender: () => ({ steps: { everyBeats: 1500, factor: 1.5 } }),
  }),
  family('training', 'tides', 100, 'delay x 1 to x 6 within 10 min', (random) =>
    tides(1_200_000, 6, plain(random)),
  ),
  family('training', 'drift', 1000, "the sender's clock is slow by 50 ppm", plain, {
    driftPpm: -50,
  }),
  family('training', 'jump', 100, "the sender's clock jumps ahead by 7 s", plain, {
    jump: { everyBeats: 6000, aheadMs: 7000 },
  }),
  family('training', 'batches', 100, 'held back for 8 intervals now and then', (random) =>
    batches(random, { everyMs: 40_000, heldMs: () => 800 }, plain(random)),
  ),
  family('training', 'uneven', 10, 'intervals x 0.75 and x 2.2 in turn', plain, {
    sender: () => ({ uneven: (_, seq) => (seq % 2 === 0 ? 0.75 : 2.2) }),
  }),
  family('training', 'stalls', 100, 'the receiver pauses, lognormal 500 ms', plain, {
    pauses: (random, spanMs) =>
      randomPauses(random, spanMs, 90_000, () => random.lognormal(500, 0.8)),
  }),
  ...[3, 4].map((pair) => seattle('training', pair)),
];

export const FAMILIES: readonly Family[] = [...JUDGING, ...TRAINING];

function seattle(set: TraceSet, pair: number): Family {
  const { link, beats } = seattleDelay(pair, 1000);
  const what = `half the RTT of a pair of devices, resampled, pair ${pair}`;
  return family(set, `seattle-${pair}`, 1000, what, link, { origin: 'resampled', beats });
}

/** One trace of a family. */
export function generate(of: Family, random: Random, beats: number): Trace {
  const { intervalMs, driftPpm = 0, slowEveryMs = Infinity, jump } = of;
  const count = Math.min(beats, of.beats ?? Infinity);
  const spanMs = 2 * count * intervalMs;
  const pauses = of.pauses?.(random, spanMs) ?? [];
  const link = of.link(random);
  const sendings = send(random, count, { intervalMs, ...of.sender?.(random, spanMs) });
  let wasSlow = false;
  const sent = sendings.map((sending): Sent => {
    const delayMs = link(sending.atMs);
    const isSlow = Math.floor(sending.atMs / slowEveryMs) % 2 === 1;
    const afterSlowdown = sending.afterSlowdown || (isSlow && !wasSlow);
    wasSlow = isSlow;
    const aheadMs = jump ? jump.aheadMs * Math.floor(sending.seq / jump.everyBeats) : 0;
    const clockMs = SENDER_ZERO_MS + sending.atMs * (1 + driftPpm * 1e-6) + aheadMs;
    return { ...sending, clockMs, delayMs, afterSlowdown };
  });
  return traceOf({ name: of.name, origin: of.origin, set: of.set, intervalMs, pauses }, sent);
}
