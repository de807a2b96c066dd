import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WallStep } from '../../src/clock/wall-base.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { WallClock } from '../../src/timekeeping/wall-clock.ts';

/** What an empty turn of the event loop takes. */
const TURN_MS = 0.004;

/** Clocks and an event loop that run only by what is done. */
class Host {
  monoMs = 1000.3;
  baseMs = 1_700_000_000_000.7;
  ratePpm = 0;
  /** What a read of a clock takes. */
  readMs = 7e-5;
  /** The longest that one turn was held, and all of them. */
  heldMs = 0;
  heldAllMs = 0;
  turns = 0;
  readonly diagnostics = new Diagnostics();
  readonly clock: WallClock;
  #queue: (() => void)[] = [];
  #ticks = 0;

  constructor() {
    this.clock = new WallClock({
      diagnostics: this.diagnostics,
      monoMs: () => this.pass(this.readMs),
      dateMs: () => {
        this.pass(this.readMs);
        return Math.floor(this.monoMs + this.baseMs);
      },
      soon: (turn) => void this.#queue.push(turn),
    });
  }

  pass(ms: number): number {
    this.baseMs += (ms * this.ratePpm) / 1e6;
    return (this.monoMs += ms);
  }

  /** Time passes, and the event loop turns as long as it is asked to; each turn may take long. */
  wait(ms: number, turnMs = TURN_MS): void {
    const endMs = this.monoMs + ms;
    while (this.#queue.length > 0 && this.monoMs < endMs) {
      this.pass(turnMs);
      const due = this.#queue;
      this.#queue = [];
      for (const turn of due) this.#hold(turn);
      this.turns++;
    }
    if (endMs > this.monoMs) this.pass(endMs - this.monoMs);
  }

  /** So many ticks, 20 ms and a little apart, as timers are late. */
  ticks(count: number, lateMs = () => ((this.#ticks * 7) % 11) * 0.033): void {
    for (let i = 0; i < count; i++, this.#ticks++) {
      this.wait(20 + lateMs());
      this.#hold(() => this.clock.tick());
    }
  }

  /** How far the clock is off, and that it knows it. */
  errorMs(): number {
    const { monoMs, wallMs, wallErrorMs } = this.clock.now();
    expect(Math.abs(wallMs - monoMs - this.baseMs)).toBeLessThanOrEqual(wallErrorMs);
    return wallErrorMs;
  }

  #hold(work: () => void): void {
    const fromMs = this.monoMs;
    work();
    this.heldMs = Math.max(this.heldMs, this.monoMs - fromMs);
    this.heldAllMs += this.monoMs - fromMs;
  }
}

function stepsOf({ clock }: Host): WallStep[] {
  const steps: WallStep[] = [];
  clock.onStep((step) => steps.push(step));
  return steps;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('WallClock', () => {
  it('knows the time within a millisecond at once, and says so', () => {
    expect(new Host().errorMs()).toBeLessThan(0.6);
  });

  it('knows it within a microsecond after a few turns that hold the loop no longer than 0.2 ms', () => {
    const host = new Host();
    host.clock.refine();
    host.wait(3);
    expect(host.errorMs()).toBeLessThan(0.001);
    expect(host.heldMs).toBeLessThan(0.21);
    const { turns } = host;
    host.wait(50);
    expect(host.turns).toBe(turns);
  });

  it('gets there on a loop whose turns are long', () => {
    const host = new Host();
    for (let i = 0; i < 20; i++) {
      host.clock.refine();
      host.wait(50, 3.17);
    }
    expect(host.errorMs()).toBeLessThan(0.01);
  });

  it('keeps it by ticks, each no longer than 0.2 ms', () => {
    const host = new Host();
    host.ticks(100);
    host.heldMs = host.heldAllMs = 0;
    const errors = Array.from({ length: 2000 }, () => {
      host.ticks(1);
      return host.clock.base().errorMs;
    });
    expect(Math.max(...errors)).toBeLessThan(0.02);
    expect(errors.sort((a, b) => a - b)[1000]).toBeLessThan(0.004);
    expect(host.heldMs).toBeLessThan(0.21);
    expect(host.heldAllMs / 2000).toBeLessThan(0.04);
  });

  it('keeps it by ticks that all come at the same phase of the millisecond', () => {
    const host = new Host();
    const errors = Array.from({ length: 2000 }, () => {
      host.ticks(1, () => -0.0003);
      return host.clock.base().errorMs;
    });
    expect(Math.max(...errors.slice(100))).toBeLessThan(0.02);
  });

  it('turns no event loop by ticks once the time is known', () => {
    const host = new Host();
    host.ticks(100);
    const { turns } = host;
    host.ticks(500);
    expect(host.turns).toBe(turns);
  });

  it('does not turn the event loop without end where reading a clock takes long', () => {
    const host = new Host();
    host.readMs = 0.02;
    host.clock.refine();
    host.wait(12);
    expect(host.turns).toBeGreaterThan(0);
    const { turns } = host;
    host.wait(100);
    expect(host.turns).toBe(turns);
  });

  it('tries again no more than once a second', () => {
    const host = new Host();
    host.readMs = 0.02;
    const begun = vi.spyOn(host.clock, 'refine');
    host.ticks(500);
    expect(begun.mock.calls.length).toBeGreaterThan(1);
    expect(begun.mock.calls.length).toBeLessThanOrEqual(11);
  });

  it('takes its clocks before the host fakes them', () => {
    vi.useFakeTimers({ now: 0, toFake: ['Date', 'performance'] });
    expect(Date.now()).toBe(0);
    expect(performance.now()).toBe(performance.now());
    const clock = new WallClock();
    expect(clock.now().wallMs).toBeGreaterThan(1_700_000_000_000);
    expect(clock.now().monoMs).toBeLessThan(clock.now().monoMs);
  });
});

describe('a step of the wall clock', () => {
  it.each([1, -1, 3, -253, 250.5, 3_600_000, -3_600_000])(
    'by %d ms is told once, within 100 ms and 20 µs',
    (byMs) => {
      const host = new Host();
      const steps = stepsOf(host);
      host.ticks(100);
      host.baseMs += byMs;
      const setAtMs = host.monoMs;
      host.ticks(3);
      expect(steps).toHaveLength(1);
      const [step] = steps as [WallStep];
      expect(step.atMs - setAtMs).toBeLessThan(50);
      expect(Math.abs(step.byMs - byMs)).toBeLessThanOrEqual(step.errorMs);
      expect(step.errorMs).toBeLessThan(0.02);
      host.ticks(500);
      expect(steps).toHaveLength(1);
      expect(host.errorMs()).toBeLessThan(0.02);
    },
  );

  it.each([0.37, 1.91, 2.73])(
    'is sized within 20 µs also where other work makes each turn of the loop %d ms long',
    (turnMs) => {
      const host = new Host();
      const steps = stepsOf(host);
      host.ticks(100);
      for (let i = 0; i < 10; i++) {
        host.baseMs += 3;
        host.clock.now();
        host.wait(100, turnMs);
        host.ticks(50);
      }
      expect(steps).toHaveLength(10);
      expect(Math.max(...steps.map(({ errorMs }) => errorMs))).toBeLessThan(0.02);
    },
  );

  it('is seen by whoever asks for the time, without a tick', () => {
    const host = new Host();
    const steps = stepsOf(host);
    host.ticks(100);
    host.baseMs -= 250;
    host.wait(1);
    expect(host.errorMs()).toBeLessThan(0.6);
    host.wait(5);
    expect(steps).toHaveLength(1);
    expect(steps[0]!.byMs).toBeCloseTo(-250, 1);
  });

  it('is told to all, even if one of them throws', () => {
    const host = new Host();
    host.clock.onStep(() => {
      throw new Error('boom');
    });
    const steps = stepsOf(host);
    const left: WallStep[] = [];
    host.clock.onStep((step) => left.push(step))();
    host.ticks(100);
    host.baseMs += 40;
    host.ticks(3);
    expect(steps).toHaveLength(1);
    expect(left).toEqual([]);
    expect(host.diagnostics.errors).toBe(1);
  });

  it('is not told of a clock that is slewed at 500 ppm', () => {
    const host = new Host();
    const steps = stepsOf(host);
    host.ticks(100);
    host.ratePpm = 500;
    host.ticks(3000);
    expect(steps).toEqual([]);
    expect(host.errorMs()).toBeLessThan(0.2);
    host.ratePpm = -500;
    host.ticks(3000);
    expect(steps).toEqual([]);
  });

  it('is not told after a pause of our own', () => {
    const host = new Host();
    const steps = stepsOf(host);
    host.ticks(100);
    for (const pauseMs of [100, 2_000, 3_600_000]) {
      host.pass(pauseMs);
      host.ticks(100);
    }
    expect(steps).toEqual([]);
  });
});

describe('a change of the wall clock', () => {
  it('is counted and told by the very question that shows it, before it is sized', () => {
    const host = new Host();
    const steps = stepsOf(host);
    const seen: number[] = [];
    host.clock.onChange(() => seen.push(host.clock.changes));
    host.ticks(100);
    expect(host.clock.changes).toBe(0);
    host.baseMs += 3;
    host.clock.now();
    expect(host.clock.changes).toBe(1);
    expect(seen).toEqual([1]);
    expect(steps).toEqual([]);
    host.ticks(100);
    expect(steps).toHaveLength(1);
    expect(seen).toEqual([1]);
  });

  it('is told to all, even if one of them throws, and may be asked for the time', () => {
    const host = new Host();
    host.clock.onChange(() => {
      throw new Error('boom');
    });
    let told = 0;
    host.clock.onChange(() => {
      host.clock.now();
      told++;
    });
    host.clock.onChange(() => told++)();
    host.ticks(100);
    host.baseMs -= 3;
    host.ticks(3);
    expect(told).toBe(1);
    expect(host.diagnostics.errors).toBe(1);
  });

  it('is counted and told also if it is taken for slewing', () => {
    const host = new Host();
    const steps = stepsOf(host);
    let told = 0;
    host.clock.onChange(() => told++);
    host.ticks(100);
    host.ratePpm = 500;
    host.ticks(3000);
    expect(steps).toEqual([]);
    expect(told).toBeGreaterThan(0);
    expect(host.clock.changes).toBe(told);
  });

  it('turns the event loop for 10 ms at once, and not without end, where readings are slow', () => {
    const host = new Host();
    host.readMs = 0.007;
    host.ticks(100);
    // Not long after refining in vain: a fresh change does not wait for the second to pass.
    host.clock.refine();
    host.wait(20);
    host.baseMs += 0.3;
    for (let i = 0; i < 10 && host.clock.changes === 0; i++) {
      host.wait(0.1);
      host.clock.now();
    }
    expect(host.clock.changes).toBe(1);
    const { turns } = host;
    host.wait(12);
    expect(host.turns).toBeGreaterThan(turns);
    host.turns = 0;
    host.ticks(40);
    expect(host.turns).toBe(0);
    host.ticks(500);
    expect(host.clock.changes).toBe(1);
  });
});
