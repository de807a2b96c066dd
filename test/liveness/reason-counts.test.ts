import { describe, expect, it } from 'vitest';
import { ReasonCounts } from '../../src/liveness/reason-counts.ts';
import type { SuspicionReason } from '../../src/membership/types.ts';

function counted(
  ...events: readonly (readonly ['suspicion' | 'mistake', string, SuspicionReason])[]
): ReasonCounts {
  const counts = new ReasonCounts();
  for (const [type, peer, reason] of events) {
    const common = { atMs: 0, peer, reason };
    counts.count(
      type === 'mistake' ? { type: 'mistake', ...common, lastedMs: 1 } : { type, ...common },
    );
  }
  return counts;
}

describe('how often a peer was suspected', () => {
  it('is counted by peer and reason, mistakes apart', () => {
    const { suspicions, mistakes } = counted(
      ['suspicion', 'a', 'silence'],
      ['suspicion', 'a', 'silence'],
      ['mistake', 'a', 'silence'],
      ['suspicion', 'a', 'refused'],
      ['suspicion', 'b', 'down'],
    );
    expect([...suspicions.get('a')!]).toEqual([
      ['silence', 2],
      ['refused', 1],
    ]);
    expect([...suspicions.get('b')!]).toEqual([['down', 1]]);
    expect([...mistakes.get('a')!]).toEqual([['silence', 1]]);
    expect(mistakes.has('b')).toBe(false);
  });

  it('is not moved by other events', () => {
    const counts = counted();
    counts.count({ type: 'self-doubt', atMs: 0, score: 1 });
    counts.count({ type: 'evidence', atMs: 0, peer: 'a', evidence: { kind: 'refused' } });
    expect(counts.suspicions.size + counts.mistakes.size).toBe(0);
  });

  it('is forgotten with the peer', () => {
    const counts = counted(['suspicion', 'a', 'silence'], ['mistake', 'b', 'silence']);
    counts.retain(new Set(['a']));
    expect([...counts.suspicions.keys()]).toEqual(['a']);
    expect([...counts.mistakes.keys()]).toEqual([]);
  });
});
