import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Happening } from '../../src/events/types.ts';
import type { OffsetBounds } from '../../src/clock/types.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { clockFromHeader } from '../../src/timekeeping/clock-header.ts';
import { Timekeeping } from '../../src/timekeeping/timekeeping.ts';

interface Made {
  readonly ntpServers?: readonly string[];
  readonly peers?: readonly { name: string; bounds: OffsetBounds }[];
}

function timekeeping({ ntpServers = [], peers = [] }: Made = {}) {
  const diagnostics = new Diagnostics();
  const events: Happening[] = [];
  const time = new Timekeeping({
    ...{ ntpServers, localTime: false, maxDriftPpm: 200, diagnostics },
    emit: (event) => events.push(event),
    peers: () => peers,
  });
  onTestFinished(() => time.stop());
  return { time, diagnostics, events };
}

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
    expect(time.sources(performance.now())).toEqual([]);
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
    const [source, ...others] = time.sources(performance.now());
    expect(source).toMatchObject({ name: 'ntp:127.0.0.1:1', isFalseticker: false });
    expect(source!.offset).toBeUndefined();
    expect(others).toEqual([]);
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
    const server = { sentAtWallMs: wallMs + 5000, heldMs: 0, errorMs: 0.1 };
    time.serverSaid('b', { sentAtMs: monoMs - 1, repliedAtMs: monoMs + 1 }, server);
    const { lowMs, highMs } = time.serverOffset('b', monoMs + 1)!;
    expect(lowMs).toBeLessThanOrEqual(5000);
    expect(highMs).toBeGreaterThanOrEqual(5000);
    expect(highMs - lowMs).toBeLessThan(8); // 2 ms on the way, and 1 ms of a wall clock just born
  });
});

describe('a step of our wall clock', () => {
  it('is told, counted, and moves the clocks of servers', () => {
    const fake = { monoMs: 1000, stepMs: 0 };
    vi.resetModules();
    const perform = vi.spyOn(performance, 'now').mockImplementation(() => (fake.monoMs += 0.01));
    const date = vi
      .spyOn(Date, 'now')
      .mockImplementation(() => Math.floor(1.78e12 + fake.monoMs + fake.stepMs));
    onTestFinished(() => {
      perform.mockRestore();
      date.mockRestore();
    });
    return withFakeClocks(fake);
  });
});

/** The module takes the clocks when it is loaded, so it is loaded after they were replaced. */
async function withFakeClocks(fake: { monoMs: number; stepMs: number }): Promise<void> {
  const module = await import('../../src/timekeeping/timekeeping.ts');
  const events: Happening[] = [];
  const time = new module.Timekeeping({
    ...{ ntpServers: [], localTime: false, maxDriftPpm: 200, diagnostics: new Diagnostics() },
    emit: (event) => events.push(event),
    peers: () => [],
  });
  const tickFor = (ms: number) => {
    for (const endMs = fake.monoMs + ms; fake.monoMs < endMs; fake.monoMs += 5.3) time.tick();
  };
  tickFor(500);
  const { monoMs, wallMs } = time.now();
  const server = { sentAtWallMs: wallMs, heldMs: 0, errorMs: 0.1 };
  time.serverSaid('b', { sentAtMs: monoMs - 1, repliedAtMs: monoMs + 1 }, server);
  fake.stepMs = -250;
  tickFor(500);
  expect(events).toMatchObject([{ type: 'wall-step' }]);
  const [step] = events as [Extract<Happening, { type: 'wall-step' }>];
  expect(Math.abs(step.byMs + 250)).toBeLessThanOrEqual(step.errorMs + 0.01);
  expect(time.steps).toBe(1);
  const { lowMs, highMs } = time.serverOffset('b', fake.monoMs)!;
  expect(lowMs).toBeLessThanOrEqual(250);
  expect(highMs).toBeGreaterThanOrEqual(250);
}
