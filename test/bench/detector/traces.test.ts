import { describe, expect, it } from 'vitest';
import { FAMILIES, generate } from '../../../bench/detector/families.ts';
import {
  aligned,
  dieFor,
  hiccupPauses,
  readOwn,
  readPauses,
} from '../../../bench/detector/recorded.ts';
import { batches } from '../../../bench/detector/links.ts';
import { randomPauses, send } from '../../../bench/detector/senders.ts';
import { sliced } from '../../../bench/detector/trace.ts';
import { WARM_UP_BEATS } from '../../../bench/detector/replay.ts';
import { randomFrom } from '../../support/random.ts';
import { DELAY_MS, sentAtMs, traceWith } from './support.ts';

describe('a trace', () => {
  it('lacks what was lost and what was overtaken', () => {
    const trace = traceWith(6, { 2: { delayMs: undefined }, 3: { delayMs: DELAY_MS + 150 } });
    const judged = [...trace.seq.slice(WARM_UP_BEATS)].map((seq) => seq - WARM_UP_BEATS);
    expect(judged).toEqual([0, 1, 4, 5, 6]);
  });

  it('marks the first that arrives after a pause of the sender or a slowdown', () => {
    const trace = traceWith(9, {
      3: { afterPause: true, delayMs: undefined },
      6: { afterSlowdown: true },
    });
    expect(trace.senderPauses.map((at) => trace.seq[at])).toEqual([WARM_UP_BEATS + 4]);
    expect(trace.slowdowns.map((at) => trace.seq[at])).toEqual([WARM_UP_BEATS + 6]);
  });

  it('keeps its marks when it is cut', () => {
    const trace = traceWith(9, { 3: { afterPause: true } });
    const [before, after] = [sliced(trace, 0, 202, {}), sliced(trace, 202, 210, {})];
    expect(before.senderPauses).toEqual([]);
    expect(after.senderPauses.map((at) => after.seq[at])).toEqual([WARM_UP_BEATS + 3]);
    expect(after.arrivedMs[0]).toBe(sentAtMs(2) + DELAY_MS);
  });
});

describe('a sender', () => {
  it('goes on from where a pause ended, as setInterval does', () => {
    const pauses = [{ fromMs: 950, toMs: 1437 }];
    const beats = send(randomFrom(1), 30, { intervalMs: 100, lateMs: 0, pauses });
    expect(beats.slice(7, 12).map(({ atMs }) => Math.round(atMs))).toEqual([
      800, 900, 1437, 1537, 1637,
    ]);
    expect(beats.filter(({ afterPause }) => afterPause).map(({ seq }) => seq)).toEqual([9]);
  });

  it('steps to a longer interval and back', () => {
    const steps = { everyBeats: 10, factor: 2 };
    const beats = send(randomFrom(1), 40, { intervalMs: 100, lateMs: 0, steps });
    const gaps = beats.slice(1).map(({ atMs }, i) => Math.round(atMs - beats[i]!.atMs));
    expect([gaps[8], gaps[9], gaps[18], gaps[19]]).toEqual([100, 200, 200, 100]);
    expect(beats.filter((beat) => beat.afterSlowdown).map(({ seq }) => seq)).toEqual([10, 30]);
  });

  it('does not pause twice at once', () => {
    const pauses = randomPauses(randomFrom(2), 100_000, 300, () => 400);
    pauses.slice(1).forEach(({ fromMs }, i) => expect(fromMs).toBeGreaterThan(pauses[i]!.toMs));
    expect(pauses.length).toBeGreaterThan(80);
  });
});

describe('a link', () => {
  it('holds back a batch, and delivers it at once', () => {
    const link = batches(randomFrom(4), { everyMs: 3000, heldMs: () => 500 }, () => 5);
    const arrivals = Array.from({ length: 3000 }, (_, i) => 10 * i + link(10 * i));
    const held = arrivals.filter((atMs, i) => atMs - 10 * i > 5);
    const ends = new Set(held);
    expect(held.length / ends.size).toBeCloseTo(50, 0);
    expect(ends.size).toBeGreaterThan(4);
    arrivals.slice(1).forEach((atMs, i) => expect(atMs).toBeGreaterThanOrEqual(arrivals[i]!));
  });
});

describe('generated traces', () => {
  const named = (set: string) => FAMILIES.filter((each) => each.set === set);

  it.each(FAMILIES.map((each) => [`${each.set} ${each.name}`, each] as const))(
    '%s come again with their seed, and arrive in order',
    (_, family) => {
      const [one, again, other] = [7, 7, 8].map((seed) =>
        generate(family, dieFor(seed, family.name), 500),
      );
      expect(one).toEqual(again);
      expect(one!.arrivedMs).not.toEqual(other!.arrivedMs);
      expect(one!.seq.length).toBeGreaterThan(250);
      for (let i = 1; i < one!.seq.length; i++) {
        expect(one!.arrivedMs[i]! >= one!.arrivedMs[i - 1]!).toBe(true);
        expect(one!.seq[i]! > one!.seq[i - 1]!).toBe(true);
      }
      expect(one!.delayMs.every((delayMs) => delayMs >= 0)).toBe(true);
    },
  );

  it('have names of their own', () => {
    for (const set of ['training', 'judging']) {
      const names = named(set).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it("jump: only the sender's clock does", () => {
    const family = named('judging').find(({ name }) => name === 'jump@100ms')!;
    const trace = generate(family, dieFor(1, 'jump'), 9000);
    const stepsMs = trace.sentMs.slice(1).map((sentMs, i) => sentMs - trace.sentMs[i]!);
    expect(stepsMs.filter((stepMs) => stepMs > 50_000)).toHaveLength(1);
    expect(trace.delayMs.every((delayMs) => delayMs < 5000)).toBe(true);
  });

  it('have another die for each trace and seed', () => {
    const draws = ['a', 'b'].flatMap((name) => [1, 2].map((seed) => dieFor(seed, name).next()));
    expect(new Set(draws).size).toBe(4);
  });
});

describe('recordings', () => {
  it('jHiccup: three pauses of more than half a second in a minute, slowed down ten times', () => {
    const pauses = hiccupPauses(600_000);
    const long = pauses.filter(({ fromMs, toMs }) => toMs - fromMs > 500);
    expect(long.map(({ fromMs, toMs }) => Math.round((toMs - fromMs) / 10) * 10)).toEqual([
      1540, 960, 1800,
    ]);
  });

  it('ours: differences of 10 µs', () => {
    const csv = 'seq_step,sent_step_10us,delay_10us\n7,0,0\n1,10000,-200\n2,20050,300\n';
    const trace = readOwn('own-idle', csv, []);
    expect([...trace.seq]).toEqual([7, 8, 10]);
    expect([...trace.sentMs]).toEqual([0, 100, 300.5]);
    expect([...trace.arrivedMs]).toEqual([0, 98, 303.5]);
    expect([...trace.delayMs]).toEqual([2, 0, 5]);
  });

  it('pauses are moved to where nothing arrived', () => {
    // The first heartbeat came 37 ms after the warm-up of 5 s; then one every 100 ms.
    const pauses = readPauses('from_ms,to_ms\n5140.0,5232.0\n6041.0,6136.5\n');
    const arrivedMs = Float64Array.from({ length: 30 }, (_, i) => 100 * i);
    const found = aligned(pauses, arrivedMs);
    expect(Math.abs(found[0]!.fromMs - (5140 - 5037))).toBeLessThanOrEqual(3);
    expect(found[1]!.fromMs - found[0]!.fromMs).toBeCloseTo(901, 9);
  });
});
