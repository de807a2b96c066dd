import { describe, expect, it } from 'vitest';
import { Contact } from '../../src/membership/contact.ts';
import { LIMITS } from '../../src/membership/message.ts';
import { bootOf, type OpinionQuestion, opinionsFor } from '../../src/membership/opinions.ts';
import { type Judgement, Watch } from '../../src/membership/watch.ts';

const INTERVAL_MS = 1000;
const NOW_MS = 100_000;

function watchOf(name: string, vote: Judgement['vote'], heardAtMs?: number): Watch {
  const contact = new Contact(name);
  contact.bootId = 'abcdef0123456789';
  const options = { contact, intervalMs: INTERVAL_MS, suspectPhi: 8, nowMs: 0, askAtMs: 0 };
  const watch = new Watch(options);
  watch.judgement = { vote, because: '' };
  watch.lastHeardMs = heardAtMs;
  return watch;
}

function tell(watches: readonly Watch[], parts: Partial<OpinionQuestion> = {}) {
  return opinionsFor({
    ...{ watches, to: new Contact('b'), nowMs: NOW_MS, intervalMs: INTERVAL_MS },
    ...{ isObserver: () => true, isSuspectedByReceiver: () => false },
    ...parts,
  });
}

describe('a member that watches a peer too', () => {
  it.each(['suspect', 'stalled', 'left'] as const)('is told that it is %s', (vote) => {
    expect(tell([watchOf('p', vote)])).toMatchObject([{ vote, boot: 'abcdef01' }]);
  });

  it.each(['alive', 'slow', 'unknown'] as const)('is told nothing while it is %s', (vote) => {
    expect(tell([watchOf('p', vote, NOW_MS)])).toEqual([]);
  });

  it('is told that it is alive when it suspects it itself', () => {
    const told = tell([watchOf('p', 'slow', NOW_MS - 40)], { isSuspectedByReceiver: () => true });
    expect(told).toMatchObject([{ vote: 'alive', heardAgoMs: 40 }]);
  });

  it('is told for three intervals that a vote fell', () => {
    const watch = watchOf('p', 'alive', NOW_MS);
    watch.votedAtMs = NOW_MS - 3000;
    expect(tell([watch])).toMatchObject([{ vote: 'alive' }]);
    watch.votedAtMs = NOW_MS - 3001;
    expect(tell([watch])).toEqual([]);
  });

  it('is told that it was never heard by no age', () => {
    expect(tell([watchOf('p', 'suspect')])).toMatchObject([{ heardAgoMs: undefined }]);
  });
});

describe('a member that does not watch a peer', () => {
  const stranger = { isObserver: () => false };

  it('is told nothing of it', () => {
    expect(tell([watchOf('p', 'suspect')], stranger)).toEqual([]);
  });

  it('is told when it asked, and until that runs out', () => {
    const watch = watchOf('p', 'alive', NOW_MS);
    watch.interested.set('b', NOW_MS);
    expect(tell([watch], stranger)).toMatchObject([{ vote: 'alive' }]);
    expect(tell([watch], { ...stranger, nowMs: NOW_MS + 1 })).toEqual([]);
  });

  it('is told that it is suspected itself', () => {
    expect(tell([watchOf('b', 'suspect')], stranger)).toMatchObject([{ vote: 'suspect' }]);
  });
});

describe('when there is more to tell than a message holds', () => {
  it('suspicions go first: whatever else is told, they are', () => {
    const left = Array.from({ length: 40 }, (_, i) => watchOf(`l${i}`, 'left', 0));
    const told = tell([...left, watchOf('p', 'suspect', 0)]);
    expect(told).toHaveLength(LIMITS.opinions);
    expect(told.filter(({ vote }) => vote === 'suspect')).toHaveLength(1);
  });
});

describe('a life', () => {
  it('is told by half of its boot id, zeros while it is not known', () => {
    expect(bootOf('abcdef0123456789')).toBe('abcdef01');
    expect(bootOf(undefined)).toBe('00000000');
  });
});
