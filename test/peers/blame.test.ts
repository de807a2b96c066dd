import { describe, expect, it } from 'vitest';
import { blameOf } from '../../src/peers/blame.ts';

describe('the blame for a late reply', () => {
  it.each([
    [{ serverMs: 90 }, 'handler'],
    [{ serverMs: 10 }, 'network'],
    [{ serverMs: 50 }, 'network'], // as much: the network is what nobody can see otherwise
    [{ serverMs: 10, queueMs: 70 }, 'server-queue'],
    [{ serverMs: 40, queueMs: 45 }, 'server-queue'],
    [{ serverMs: 45, queueMs: 40 }, 'handler'],
    [{ serverMs: 90, localPauseMs: 1 }, 'local'],
    [{}, 'unknown'],
    [{ serverMs: 101 }, 'unknown'],
    [{ serverMs: 60, queueMs: 60 }, 'unknown'],
  ])('%j of 100 ms: %s', (parts, blame) => {
    expect(blameOf({ durationMs: 100, localPauseMs: 0, ...parts })).toBe(blame);
  });
});
