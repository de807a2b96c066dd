/** How long heartbeats are on their way: synthetic links, each with a state of its own. */
import type { Random } from '../../test/support/random.ts';

/** The delay of a heartbeat that is sent now, in ms; undefined if it is lost. */
export type Link = (atMs: number) => number | undefined;
/** The same where nothing is lost. */
export type Delay = (atMs: number) => number;

/** `base` plus a lognormal queue. */
export function lognormal(random: Random, baseMs: number, medianMs: number, sigma: number): Delay {
  return () => baseMs + random.lognormal(medianMs, sigma);
}

/** `base` plus a Pareto queue, alpha < 2: no variance. */
export function pareto(random: Random, baseMs: number, scaleMs: number, alpha: number): Delay {
  return () => baseMs + scaleMs * (1 - random.next()) ** (-1 / alpha);
}

/** `base` plus the sum of `stages` exponential queues. */
export function erlang(random: Random, baseMs: number, meanMs: number, stages: number): Delay {
  return () => {
    let delayMs = baseMs;
    for (let i = 0; i < stages; i++) delayMs += random.exponential(meanMs / stages);
    return delayMs;
  };
}

/** The base changes as satellites take over, every 15 s; it may take a moment, and all is lost. */
export function satellite(random: Random): Link {
  const slotMs = 15_000;
  let slot = -1;
  let baseMs = 0;
  let outageMs = 0;
  return (atMs) => {
    const now = Math.floor(atMs / slotMs);
    if (now !== slot) {
      slot = now;
      baseMs = 25 + 35 * random.next();
      outageMs = random.next() < 0.3 ? 50 + 450 * random.next() : 0;
    }
    if (atMs - slot * slotMs < outageMs || random.next() < 0.003) return undefined;
    return baseMs + random.lognormal(3, 0.6);
  };
}

/** Now and then all is held back for a while, and then delivered at once. */
export function batches(
  random: Random,
  { everyMs, heldMs }: { readonly everyMs: number; readonly heldMs: () => number },
  delay: Delay,
): Delay {
  let fromMs = random.exponential(everyMs);
  let untilMs = fromMs + heldMs();
  return (atMs) => {
    const arrivesMs = atMs + delay(atMs);
    while (arrivesMs >= untilMs) {
      fromMs = untilMs + random.exponential(everyMs);
      untilMs = fromMs + heldMs();
    }
    return Math.max(arrivesMs, arrivesMs > fromMs ? untilMs : arrivesMs) - atMs;
  };
}

/** Two routes of unequal length; now and then the other one is taken. */
export function twoRoutes(random: Random, everyMs: number, nearMs: number, farMs: number): Link {
  let isFar = false;
  let untilMs = 0;
  return (atMs) => {
    if (atMs >= untilMs) {
      isFar = !isFar;
      untilMs = atMs + random.exponential(everyMs);
    }
    return (isFar ? farMs : nearMs) + random.lognormal(2, 0.5);
  };
}

export interface GilbertElliott {
  /** Chances a heartbeat to enter and to leave the bad state. */
  readonly enter: number;
  readonly leave: number;
  /** Chances to be lost in each state. */
  readonly good: number;
  readonly bad: number;
}

/** Losses that come in bursts. */
export function lossy(random: Random, chances: GilbertElliott, link: Link): Link {
  let isBad = false;
  return (atMs) => {
    isBad = random.next() < (isBad ? 1 - chances.leave : chances.enter);
    return random.next() < (isBad ? chances.bad : chances.good) ? undefined : link(atMs);
  };
}

/** Tides: the delay goes up and down between 1 × and `factor` ×. */
export function tides(periodMs: number, factor: number, delay: Delay): Delay {
  return (atMs) => {
    const phase = (1 - Math.cos((2 * Math.PI * atMs) / periodMs)) / 2;
    return delay(atMs) * (1 + (factor - 1) * phase);
  };
}

/** Every other `everyMs` all delays are longer by a factor, at one stroke. */
export function steps(everyMs: number, factor: number, delay: Delay): Delay {
  return (atMs) => delay(atMs) * (Math.floor(atMs / everyMs) % 2 === 1 ? factor : 1);
}
