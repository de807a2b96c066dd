/** Simulated links and clocks, with all their parameters: fixed, and not made to suit anybody. */
import type { Exchange } from '../../src/clock/offset-estimator.ts';
import type { Random } from '../../test/support/random.ts';

/** Our wall clock less our monotonic one: realistic, so that numbers are rounded as they will be. */
const BASE_MS = 1_763_000_000_000;
/** Between an answer and the next question of a burst. */
const BETWEEN_MS = 0.1;
/** Rates change in steps of this. */
const TICK_MS = 50;
export const MAX_PPM = 180;

export interface Link {
  readonly name: string;
  /** Delays of one exchange that begins at an instant. */
  readonly delays: (random: Random, atMs: number) => readonly [outMs: number, backMs: number];
  /** From burst to burst. */
  readonly everyMs: number;
  readonly burst: number;
  /** Share of exchanges that are lost. */
  readonly loss?: number;
}

/** The rate of their clock against ours over time, in ppm. */
export type Rate = (random: Random) => (atMs: number) => number;

const BURSTS = { everyMs: 1000, burst: 4 } as const;

const jitter: Link['delays'] = (random) => [5 + random.exponential(3), 5 + random.exponential(3)];

/** Pareto with shape 1.5 above a least: the mean is three times the median, the variance infinite. */
const pareto = (random: Random): number => 1 + 0.3 * ((1 - random.next()) ** (-1 / 1.5) - 1);

/** As measured over UDP on one machine: a wake-up each way, now and then a scheduler's delay. */
function local(random: Random): readonly [number, number] {
  const hiccup = () => (random.next() < 0.02 ? random.exponential(1) : 0);
  return [
    0.025 + random.exponential(0.012) + hiccup(),
    0.03 + random.exponential(0.015) + hiccup(),
  ];
}

/** Both processes wait for a processor; one in twenty stalls, on either side. */
function loaded(random: Random): readonly [number, number] {
  const wait = () => random.lognormal(0.2, 1.2);
  const stall = () => (random.next() < 0.05 ? 30 * random.next() : 0);
  return [0.03 + wait() + stall(), 0.03 + wait() + stall()];
}

export const LINKS = {
  local: { name: 'one machine, idle', delays: local, ...BURSTS },
  loaded: { name: 'one machine, loaded, stalls', delays: loaded, ...BURSTS },
  jitter: { name: '5 + exp(3) ms', delays: jitter, ...BURSTS },
  sparse: { name: '5 + exp(3) ms, every 8 s', delays: jitter, everyMs: 8000, burst: 4 },
  single: { name: '5 + exp(3) ms, one a second', delays: jitter, everyMs: 1000, burst: 1 },
  lossy: { name: '5 + exp(3) ms, 30 % lost', delays: jitter, ...BURSTS, loss: 0.3 },
  heavy: { name: 'Pareto 1.5', delays: (dice) => [pareto(dice), pareto(dice)], ...BURSTS },
  asymmetric: {
    name: '15 ms out, 5 ms back',
    delays: (dice) => [15 + dice.exponential(1), 5 + dice.exponential(1)],
    ...BURSTS,
  },
  queues: {
    name: 'queues of 40 ms one way',
    delays: (dice, atMs) => [
      5 + dice.exponential(1) + (atMs % 45_000 > 25_000 ? 40 : 0),
      5 + dice.exponential(1),
    ],
    ...BURSTS,
  },
} as const satisfies Record<string, Link>;

const steady: Rate = (random) => {
  const ppm = (2 * random.next() - 1) * MAX_PPM;
  return () => ppm;
};

function wandering(ppmPerMinute: number, from = 100): Rate {
  return (random) => {
    let ppm = (2 * random.next() - 1) * from;
    return () => {
      ppm += random.normal() * ppmPerMinute * Math.sqrt(TICK_MS / 60_000);
      ppm = Math.max(-MAX_PPM, Math.min(MAX_PPM, ppm));
      return ppm;
    };
  };
}

export const RATES = {
  steady,
  fast: () => () => MAX_PPM,
  slow: () => () => -MAX_PPM,
  wander: wandering(2),
  walk: wandering(200),
  square: () => (atMs) => (atMs % 20_000 < 10_000 ? MAX_PPM : -MAX_PPM),
} as const satisfies Record<string, Rate>;

/** An exchange, and what is true when it has ended. */
export interface Step {
  readonly exchange: Exchange;
  readonly offsetMs: number;
  readonly ppm: number;
}

/** Their clock: its offset from ours, which advances with the time that is asked for. */
class Clock {
  readonly #rate: (atMs: number) => number;
  #atMs = 0;
  #offsetMs = 0;
  ppm = 0;

  constructor(rate: (atMs: number) => number) {
    this.#rate = rate;
  }

  /** Instants must not go back. */
  offsetMs(atMs: number): number {
    while (this.#atMs < atMs) {
      if (this.#atMs % TICK_MS === 0) this.ppm = this.#rate(this.#atMs);
      const next = Math.min(atMs, (Math.floor(this.#atMs / TICK_MS) + 1) * TICK_MS);
      this.#offsetMs += (next - this.#atMs) * this.ppm * 1e-6;
      this.#atMs = next;
    }
    return this.#offsetMs;
  }
}

/** Exchanges over a link, for so long, by our monotonic clock from 0. */
export function* simulate(link: Link, rate: Rate, random: Random, forMs: number): Generator<Step> {
  const { delays, everyMs, burst, loss = 0 } = link;
  const clock = new Clock(rate(random));
  const startMs = (2 * random.next() - 1) * 1000;
  let nowMs = 0;
  for (let dueMs = 0; dueMs < forMs; dueMs += everyMs) {
    nowMs = Math.max(nowMs, dueMs);
    for (let i = 0; i < burst; i++) {
      const [outMs, backMs] = delays(random, nowMs);
      const t1MonoMs = nowMs;
      const theirs = BASE_MS + t1MonoMs + outMs + startMs + clock.offsetMs(t1MonoMs + outMs);
      const t4MonoMs = t1MonoMs + outMs + backMs;
      const offsetMs = startMs + clock.offsetMs(t4MonoMs);
      nowMs = t4MonoMs + BETWEEN_MS;
      if (random.next() < loss) continue;
      const exchange = {
        t1MonoMs,
        t4MonoMs,
        t1WallMs: BASE_MS + t1MonoMs,
        t2WallMs: theirs,
        t3WallMs: theirs,
        t4WallMs: BASE_MS + t4MonoMs,
      };
      yield { exchange, offsetMs, ppm: clock.ppm };
    }
  }
}
