import { describe, expect, it } from 'vitest';
import { LongestWait } from '../../src/timeout/longest-wait.ts';

describe('the longest wait', () => {
  it('is none at first', () => expect(new LongestWait(1000).ms).toBe(0));

  it('is that of the window, at least, and of no more than two', () => {
    const longest = new LongestWait(1000);
    longest.keep(0, 50);
    longest.keep(500, 20);
    expect(longest.ms).toBe(50);
    longest.keep(1000, 30);
    expect(longest.ms).toBe(50);
    longest.keep(1999, 10);
    expect(longest.ms).toBe(50);
    longest.keep(2000, 5);
    expect(longest.ms).toBe(30);
    longest.keep(3000, 5);
    expect(longest.ms).toBe(5);
  });

  it('comes back from a checkpoint', () => {
    const longest = new LongestWait(1000);
    longest.keep(0, 50);
    const restore = longest.checkpoint();
    longest.keep(10, 5000);
    longest.keep(1200, 9000);
    restore();
    expect(longest.ms).toBe(50);
    longest.keep(999, 10);
    longest.keep(1000, 7);
    longest.keep(2000, 6);
    expect(longest.ms).toBe(7);
  });
});
