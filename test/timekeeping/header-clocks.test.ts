import { describe, expect, it } from 'vitest';
import { HeaderClocks } from '../../src/timekeeping/header-clocks.ts';

const STEADY_BASE_MS = 1.78e12;
const SERVERS_MAX = 1024;

const clocks = () => new HeaderClocks({ maxDriftPpm: 200, steadyBaseMs: STEADY_BASE_MS });

/** A server that is ahead by so much; 4 ms there, 3 ms of work, 4 ms back. */
function hear(of: HeaderClocks, peer: string, sentAtMs: number, aheadMs: number, errorMs = 0) {
  const sentAtWallMs = STEADY_BASE_MS + sentAtMs + 7 + aheadMs;
  of.replied(
    peer,
    { sentAtMs, repliedAtMs: sentAtMs + 11 },
    { ...{ sentAtWallMs, heldMs: 3, errorMs } },
  );
}

describe('the clock of a server', () => {
  it('is known by its responses, within half of the time on the way and its own error', () => {
    const of = clocks();
    expect(of.at('a', 0)).toBeUndefined();
    hear(of, 'a', 1000, 5000, 2);
    const { lowMs, highMs } = of.at('a', 1011)!;
    expect(lowMs).toBeCloseTo(5000 - 6, 1);
    expect(highMs).toBeCloseTo(5000 + 6, 1);
    expect(of.at('b', 1011)).toBeUndefined();
  });

  it('is known anew after it was set', () => {
    const of = clocks();
    hear(of, 'a', 1000, 0);
    hear(of, 'a', 2000, -700);
    expect(of.at('a', 2011)!.offsetMs).toBeCloseTo(-700, 1);
  });

  it('is not told by what cannot be', () => {
    const of = clocks();
    const trip = { sentAtMs: 0, repliedAtMs: 10 };
    const said = { sentAtWallMs: STEADY_BASE_MS, heldMs: 5, errorMs: 0 };
    of.replied('a', trip, { ...said, heldMs: 20 }); // it worked longer than we waited
    of.replied('a', trip, { ...said, heldMs: -1 });
    of.replied('a', trip, { ...said, errorMs: 1e6 });
    of.replied('a', trip, { ...said, sentAtWallMs: NaN });
    of.replied('a', { sentAtMs: 10, repliedAtMs: 0 }, said);
    expect(of.at('a', 10)).toBeUndefined();
  });

  it('is forgotten once there are too many, the one not heard for longest first', () => {
    const of = clocks();
    for (let i = 0; i < SERVERS_MAX; i++) hear(of, `s${i}`, i, 0);
    hear(of, 's0', 5000, 0);
    hear(of, 'one more', 5001, 0);
    expect(of.at('s0', 6000)).toBeDefined();
    expect(of.at('s1', 6000)).toBeUndefined();
    expect(of.at('s2', 6000)).toBeDefined();
    expect(of.at('one more', 6000)).toBeDefined();
  });
});
