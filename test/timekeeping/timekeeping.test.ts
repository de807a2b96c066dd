import { describe, expect, it } from 'vitest';
import type { Happening } from '../../src/events/types.ts';
import { clockFromHeader } from '../../src/timekeeping/clock-header.ts';
import { Machine, timekeeping } from './timekeeping-support.ts';

describe('timekeeping without a source', () => {
  it('knows the wall clock, and not true time', () => {
    const { time } = timekeeping();
    time.start();
    const { wallMs, wallErrorMs } = time.now();
    expect(Math.abs(wallMs - Date.now())).toBeLessThan(1000);
    expect(wallErrorMs).toBeLessThanOrEqual(1);
    expect(time.clock.now()).toMatchObject({ source: 'none', leap: 'unsynchronised' });
    expect(time.ownReference(performance.now())).toBeUndefined();
    expect([...time.refusals()]).toEqual([]);
  });

  it('rests on peers, and says so to nobody', () => {
    const { time } = timekeeping({ peers: [{ name: 'b', bounds: { lowMs: -3, highMs: 4 } }] });
    const { earliest, latest, source, wallMs, leap } = time.clock.now();
    expect({ source, leap }).toEqual({ source: 'peer:b', leap: 'none' });
    expect([earliest - wallMs, latest - wallMs]).toEqual([-3, 4]);
    expect(time.ownReference(performance.now())).toBeUndefined();
    const { sources, reference } = time.look(performance.now());
    expect(sources).toEqual([]);
    expect(reference.sources).toEqual(['peer:b']);
  });

  it('is not led by one peer of three', () => {
    const bounds = { lowMs: -1, highMs: 1 };
    const liar = { name: 'liar', bounds: { lowMs: 9000, highMs: 9001 } };
    const peers = [{ name: 'b', bounds }, liar, { name: 'c', bounds }];
    expect(timekeeping({ peers }).time.clock.now().source).toBe('peer:b,peer:c');
  });
});

describe('timekeeping with sources', () => {
  it('names those that say nothing, and why', () => {
    const { time } = timekeeping({ ntpServers: ['127.0.0.1:1'] });
    time.start();
    const { sources, reference } = time.look(performance.now());
    const [source, ...others] = sources;
    expect(source).toMatchObject({ name: 'ntp:127.0.0.1:1', isFalseticker: false });
    expect(source!.offset).toBeUndefined();
    expect(others).toEqual([]);
    expect(reference).toMatchObject({ bounds: undefined, leap: 'unsynchronised' });
    expect(time.clock.now().source).toBe('none');
  });

  it('refuses what is no server', () => {
    const { time } = timekeeping({ ntpServers: ['http://nonsense'] });
    expect(() => time.start()).toThrow(expect.objectContaining({ code: 'ERR_TARDY_CONFIG' }));
  });
});

describe('Tardy-Clock', () => {
  it('tells the time and how long the request was here', () => {
    const { time } = timekeeping();
    const receivedAtMs = time.now().monoMs;
    const before = time.now();
    const said = clockFromHeader(time.headerNow(receivedAtMs))!;
    const after = time.now();
    const slackMs = 0.001 + said.errorMs + (after.wallErrorMs ?? 0);
    expect(said.sentAtWallMs).toBeGreaterThanOrEqual(before.wallMs - slackMs);
    expect(said.sentAtWallMs).toBeLessThanOrEqual(after.wallMs + slackMs);
    expect(said.heldMs).toBeLessThanOrEqual(after.monoMs - receivedAtMs + 0.001);
    const fromAhead = clockFromHeader(time.headerNow(after.monoMs + 1e6))!;
    expect(fromAhead.heldMs).toBe(0);
  });

  it('of another tells its clock against our wall clock', () => {
    const { time } = timekeeping();
    expect(time.serverOffset('b', performance.now())).toBeUndefined();
    const { monoMs, wallMs } = time.now();
    const sentAtWallMs = wallMs + 5000;
    const server = { sentAtWallMs, heldMs: 0, errorMs: 0.1, steps: 0, life: 'aaaa' };
    time.serverSaid('b', { sentAtMs: monoMs - 1, repliedAtMs: monoMs + 1 }, server);
    const { lowMs, highMs } = time.serverOffset('b', monoMs + 1)!;
    expect(lowMs).toBeLessThanOrEqual(5000);
    expect(highMs).toBeGreaterThanOrEqual(5000);
    expect(highMs - lowMs).toBeLessThan(8); // 2 ms on the way, and 1 ms of a wall clock just born
  });
});

describe('Tardy-Clock of one process', () => {
  it('names the same life all along, and of another one another', () => {
    const lives = Array.from({ length: 8 }, () => {
      const { time } = timekeeping();
      const [first, second] = [0, 0].map((at) => clockFromHeader(time.headerNow(at))!.life);
      expect(second).toBe(first);
      return first;
    });
    expect(new Set(lives).size).toBeGreaterThan(1); // 16 bits: two may be the same
  });

  it('counts changes of the wall clock as soon as they are there', () => {
    const machine = new Machine().run(500);
    const told = () => clockFromHeader(machine.time.headerNow(machine.monoMs))!.steps;
    expect(told()).toBe(0);
    machine.step(40);
    expect(told()).toBe(1);
    machine.step(-7000);
    expect(told()).toBe(2);
    expect(machine.run(500).time.now().wallSteps).toBe(2);
  });
});

describe('a step of our wall clock', () => {
  it.each([-250, 3, 10_000, -3_600_000])(
    'of %s ms is told, counted, and moves the clocks of servers',
    (byMs) => {
      const machine = new Machine().run(500).hear('b', 0);
      machine.step(byMs).run(500);
      expect(machine.events).toMatchObject([{ type: 'wall-step' }]);
      const [step] = machine.events as [Extract<Happening, { type: 'wall-step' }>];
      expect(Math.abs(step.byMs - byMs)).toBeLessThanOrEqual(step.errorMs + 0.01);
      expect(machine.time.steps).toBe(1);
      machine.expectAhead('b', -byMs);
      expect(machine.suspensions).toBe(0);
    },
  );

  it('counts with the next reading, and moves the clocks of servers at once', () => {
    const machine = new Machine().run(500).hear('b', 0).step(700);
    expect(machine.time.now().wallSteps).toBe(1);
    expect(machine.events).toEqual([]); // how large it is shows later
    machine.expectAhead('b', -700);
  });
});
