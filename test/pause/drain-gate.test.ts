import { describe, expect, it } from 'vitest';
import { DRAIN_TURNS_MAX, DrainGate } from '../../src/pause/drain-gate.ts';

describe('the drain gate', () => {
  it('is open until somebody closes it', () => {
    const gate = new DrainGate();
    expect(gate.open).toBe(true);
    expect(gate.turn(7)).toBe(true);
  });

  it('opens after one turn that delivers nothing', () => {
    const gate = new DrainGate();
    gate.close(7);
    expect(gate.open).toBe(false);
    expect(gate.turn(7)).toBe(true);
    expect(gate.open).toBe(true);
  });

  it('stays closed while each turn delivers something', () => {
    const gate = new DrainGate();
    gate.close(7);
    expect([8, 10, 11].map((arrivals) => gate.turn(arrivals))).toEqual([false, false, false]);
    expect(gate.open).toBe(false);
    expect(gate.turn(11)).toBe(true);
  });

  it('opens after eight turns at the latest: a busy server never has an empty one', () => {
    const gate = new DrainGate();
    gate.close(0);
    const turns = Array.from({ length: 10 }, (_, i) => gate.turn(i + 1));
    expect(DRAIN_TURNS_MAX).toBe(8);
    expect(turns.indexOf(true)).toBe(7);
    expect(turns.slice(7)).toEqual([true, true, true]);
  });

  it('begins again when it is closed again', () => {
    const gate = new DrainGate();
    gate.close(0);
    for (let i = 1; i <= 5; i++) gate.turn(i);
    gate.close(5);
    const turns = Array.from({ length: 8 }, (_, i) => gate.turn(6 + i));
    expect(turns).toEqual([false, false, false, false, false, false, false, true]);
  });

  it('compares with the arrivals at closing', () => {
    const gate = new DrainGate();
    gate.turn(3);
    gate.close(5);
    expect(gate.turn(5)).toBe(true);
  });
});
