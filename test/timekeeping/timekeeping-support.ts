/** Timekeeping on the clocks of a machine that runs only by what is done. */
import { expect, onTestFinished } from 'vitest';
import type { OffsetBounds } from '../../src/clock/types.ts';
import type { Happening } from '../../src/events/types.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import type { ServerClock } from '../../src/timekeeping/clock-header.ts';
import { Timekeeping } from '../../src/timekeeping/timekeeping.ts';
import { WallClock } from '../../src/timekeeping/wall-clock.ts';

/** What a read of a clock takes. */
const READ_MS = 0.001;

export interface Made {
  readonly ntpServers?: readonly string[];
  readonly peers?: readonly { name: string; bounds: OffsetBounds }[];
}

export function timekeeping({ ntpServers = [], peers = [] }: Made = {}) {
  const diagnostics = new Diagnostics();
  const events: Happening[] = [];
  const time = new Timekeeping({
    ...{ ntpServers, localTime: false, maxDriftPpm: 200, diagnostics },
    ...{ emit: (event) => events.push(event), peers: () => peers, onSuspended: () => undefined },
  });
  onTestFinished(() => time.stop());
  return { time, diagnostics, events };
}

export class Machine {
  monoMs = 1000;
  wallMs = 1.78e12 + 0.3;
  readonly diagnostics = new Diagnostics();
  readonly events: Happening[] = [];
  readonly time: Timekeeping;
  /** How often it was told that it was suspended. */
  suspensions = 0;
  #bootAheadMs = 0;

  constructor({ ntpServers = [] }: Pick<Made, 'ntpServers'> = {}) {
    const { diagnostics } = this;
    const wall = new WallClock({
      diagnostics,
      monoMs: () => this.#pass(READ_MS).monoMs,
      dateMs: () => Math.floor(this.#pass(READ_MS).wallMs),
      soon: () => undefined,
    });
    this.time = new Timekeeping({
      ...{ ntpServers, localTime: false, maxDriftPpm: 200, diagnostics, wall },
      ...{ emit: (event) => this.events.push(event), peers: () => [] },
      onSuspended: () => this.suspensions++,
      uptimeMs: () => performance.now() + this.#bootAheadMs,
    });
    onTestFinished(() => {
      this.time.stop();
      expect(diagnostics.errors).toBe(0);
    });
  }

  /** It runs for so long, and ticks. */
  run(ms: number): this {
    for (const endMs = this.monoMs + ms; this.monoMs < endMs;) {
      this.#pass(5.3);
      this.time.tick();
    }
    return this;
  }

  /** Somebody sets its wall clock. */
  step(byMs: number): this {
    this.wallMs += byMs;
    return this;
  }

  /** Its monotonic clock stands still for so long, and the others run on. */
  suspend(ms: number): this {
    this.wallMs += ms;
    this.#bootAheadMs += ms;
    return this;
  }

  /** A server that is ahead of our wall clock by so much answers; 1 ms there, 1 ms back. */
  hear(peer: string, aheadMs: number, more: Partial<ServerClock> = {}): this {
    const sentAtMs = this.monoMs;
    const sentAtWallMs = this.#pass(1).wallMs + aheadMs;
    const repliedAtMs = this.#pass(1).monoMs;
    const server = { sentAtWallMs, heldMs: 0, errorMs: 0, steps: 0, life: 'aaaa', ...more };
    this.time.serverSaid(peer, { sentAtMs, repliedAtMs }, server);
    return this;
  }

  /** What is known of the clock of a server holds the truth. */
  expectAhead(peer: string, aheadMs: number): void {
    const { lowMs, highMs } = this.time.serverOffset(peer, this.monoMs)!;
    expect(lowMs).toBeLessThanOrEqual(aheadMs);
    expect(highMs).toBeGreaterThanOrEqual(aheadMs);
  }

  #pass(ms: number): this {
    this.monoMs += ms;
    this.wallMs += ms;
    return this;
  }
}
