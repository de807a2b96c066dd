/** A machine with a monotonic and a wall clock, for the tests of the wall base. */
import type { WallReading } from '../../src/clock/wall-base.ts';

/** One reading: so long after the last, which took so long, and when in it the wall was read. */
export interface Turn {
  readonly waitMs: number;
  readonly tookMs: number;
  /** Where between before and after, 0 to 1. */
  readonly at: number;
  /** How much faster the wall clock ran since the last reading. */
  readonly ratePpm?: number;
  /** By how much the wall clock is set just before. */
  readonly stepMs?: number;
}

export class Machine {
  monoMs = 5000.25;
  /** The true base at monoMs. */
  baseMs: number;
  readonly #grainMs: number;

  constructor({ baseMs = 1_800_000_000_000.4, grainMs = 1 } = {}) {
    this.baseMs = baseMs;
    this.#grainMs = grainMs;
  }

  read({ waitMs, tookMs, at, ratePpm = 0, stepMs = 0 }: Turn): WallReading {
    this.#run(waitMs, ratePpm);
    this.baseMs += stepMs;
    const beforeMs = this.monoMs;
    this.#run(tookMs * at, ratePpm);
    const wall = this.monoMs + this.baseMs;
    this.#run(tookMs * (1 - at), ratePpm);
    const wallMs = Math.floor(Math.floor(wall / this.#grainMs) * this.#grainMs);
    return { beforeMs, wallMs, afterMs: this.monoMs };
  }

  /** A quick reading. */
  quick(waitMs: number, stepMs = 0): WallReading {
    return this.read({ waitMs, tookMs: 2e-4, at: 0.5, stepMs });
  }

  /** How far the instant is behind the last tick of the wall clock, 0 to 1 ms. */
  get phaseMs(): number {
    const wall = this.monoMs + this.baseMs;
    return wall - Math.floor(wall);
  }

  #run(ms: number, ratePpm: number): void {
    this.monoMs += ms;
    this.baseMs += (ms * ratePpm) / 1e6;
  }
}
