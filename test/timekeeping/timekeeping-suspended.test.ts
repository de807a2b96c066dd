/** A machine that was suspended: its monotonic clock stood still, and nobody set its wall clock. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HybridClock } from '../../src/clock/hlc.ts';
import { Liveness } from '../../src/liveness/liveness.ts';
import { PeerClocks } from '../../src/membership/peer-clocks.ts';
import { clockFromHeader } from '../../src/timekeeping/clock-header.ts';
import { makeWorld } from '../support/traffic.ts';
import { Machine } from './timekeeping-support.ts';

const running = () => new Machine().run(500);

describe('a suspension', () => {
  it.each([150, 10_000, 86_400_000])('of %s ms is told at once, and once', (ms) => {
    const machine = running().suspend(ms);
    expect(machine.suspensions).toBe(0);
    machine.time.now();
    expect(machine.suspensions).toBe(1);
    machine.run(2000);
    expect(machine.suspensions).toBe(1);
  });

  it('is seen by whoever reads the clock first', () => {
    const readers: ((machine: Machine) => unknown)[] = [
      ({ time }) => time.tick(),
      ({ time }) => time.clock.now(),
      ({ time }) => time.clock.hlc(),
      ({ time, monoMs }) => time.headerNow(monoMs),
    ];
    for (const read of readers) {
      const machine = running().suspend(10_000);
      read(machine);
      expect(machine.suspensions).toBe(1);
    }
  });

  it('is no step of our wall clock', () => {
    const machine = running().suspend(10_000).run(2000);
    expect(machine.events).toEqual([]);
    expect(machine.time.steps).toBe(0);
    expect(Math.abs(machine.time.now().wallMs - machine.wallMs)).toBeLessThan(1);
  });

  it('is no step that is told: to others, our wall clock ran on', () => {
    const machine = running().step(50).run(500);
    expect(machine.time.now().wallSteps).toBe(1);
    machine.suspend(10_000);
    expect(machine.time.now().wallSteps).toBe(1);
    expect(clockFromHeader(machine.time.headerNow(machine.monoMs))!.steps).toBe(1);
    expect(machine.run(2000).time.now().wallSteps).toBe(1);
    machine.step(50).run(500);
    expect(machine.time.now().wallSteps).toBe(2);
  });

  it('voids what is known of the clocks of servers, until they answer again', () => {
    const machine = running().hear('b', 5).hear('c', -5);
    machine.suspend(10_000).time.now();
    for (const peer of ['b', 'c']) {
      expect(machine.time.serverOffset(peer, machine.monoMs)).toBeUndefined();
    }
    machine.hear('b', 5);
    machine.expectAhead('b', 5);
    expect(machine.time.serverOffset('b', machine.monoMs)!.steps).toBe(0);
    machine.run(2000);
    machine.expectAhead('b', 5);
  });

  it('after another is told as well, and a step after it is one', () => {
    const machine = running().suspend(3000).run(1000).suspend(200).run(1000);
    expect(machine.suspensions).toBe(2);
    expect(machine.events).toEqual([]);
    machine.step(-400).run(1000);
    expect(machine.suspensions).toBe(2);
    expect(machine.events).toMatchObject([{ type: 'wall-step' }]);
    expect(machine.time.steps).toBe(1);
  });

  it('after a step is not taken for that', () => {
    const machine = running().step(-400).run(1000).suspend(3000).run(1000);
    expect(machine.suspensions).toBe(1);
    expect(machine.events).toHaveLength(1);
    expect(machine.time.steps).toBe(1);
  });

  it('of less than the grain of the clock that counts it is a step', () => {
    const machine = running().suspend(90).run(1000);
    expect(machine.suspensions).toBe(0);
    expect(machine.events).toMatchObject([{ type: 'wall-step' }]);
  });
});

describe('who watches peers', () => {
  it('forgets their clocks once it is told of a suspension', () => {
    const forget = vi.spyOn(PeerClocks.prototype, 'forget');
    onTestFinished(() => forget.mockRestore());
    const { time, diagnostics } = running();
    const liveness = new Liveness({
      ...{ peers: [], nodeName: 'a', secret: undefined, heartbeatMs: 1000, suspectPhi: 8 },
      ...{ udpPort: undefined, workerResponder: false, maxOffsetMs: 500, maxDriftPpm: 200 },
      ...{ hlc: new HybridClock(), now: time.now, reference: () => undefined, diagnostics },
      ...{ emit: () => undefined, table: makeWorld().table, pausedMs: () => 0 },
    });
    const beforeMs = performance.now();
    liveness.suspended();
    expect(forget).toHaveBeenCalledTimes(1);
    const [nowMs] = forget.mock.calls[0]!;
    expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
    expect(nowMs).toBeLessThanOrEqual(performance.now());
  });
});
