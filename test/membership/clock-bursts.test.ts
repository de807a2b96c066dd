import { describe, expect, it } from 'vitest';
import { Contact } from '../../src/membership/contact.ts';
import { Group } from '../../src/membership/group.ts';
import { PeerClocks } from '../../src/membership/peer-clocks.ts';
import { ProbeBudget } from '../../src/membership/probe-budget.ts';
import { RULES } from '../../src/membership/rules.ts';
import { ClockNet } from './clock-net.ts';
import { INTERVAL_MS, type Way } from './tiny-net.ts';

/** Exchanges in a row, and how many questions there are from one burst to the next. */
const LENGTH = 4;
const EVERY = 32;
const RTT_MS = 2;

/** `a` alone asks: who is asked by a stranger asks it at once, too. */
const aAlone =
  (delayMs: number): Way =>
  (from, _to, { kind }) =>
    from === 'b' && kind === 'question' ? undefined : delayMs;

/** How many questions each question began. */
function rows(atMs: readonly number[]): number[] {
  const found: number[] = [];
  let lastMs = -Infinity;
  for (const ms of atMs) {
    if (ms - lastMs <= RTT_MS) found.push(found.pop()! + 1);
    else found.push(1);
    lastMs = ms;
  }
  return found;
}

describe('exchanges', () => {
  it('come four in a row at first, and then with each 32nd question', () => {
    const net = new ClockNet(['a', 'b'], { way: aAlone(1) }).run((2 * EVERY + 1.5) * INTERVAL_MS);
    const found = rows(net.questions('a', 'b'));
    const bursts = found.flatMap((length, i) => (length > 1 ? [[i, length]] : []));
    expect(bursts).toEqual([
      [0, LENGTH],
      [EVERY, LENGTH],
      [2 * EVERY, LENGTH],
    ]);
  });

  it('follow one another: none is sent before the one before is answered', () => {
    const net = new ClockNet(['a', 'b'], { way: aAlone(20) }).run(2 * INTERVAL_MS);
    const [first, ...others] = net.questions('a', 'b');
    const afterMs = others.slice(0, LENGTH - 1).map((ms) => Math.round(ms - first!));
    expect(afterMs).toEqual([40, 80, 120]);
  });

  it('in a row cost a tenth more, whatever happens', () => {
    const net = new ClockNet(['a', 'b']).run(320 * INTERVAL_MS);
    const asked = net.questions('a', 'b').length;
    expect(asked).toBeLessThanOrEqual(320 * (1 + 3 / EVERY) + LENGTH);
  });

  it('do not go beyond what a peer may cost', () => {
    const intervals = 10 * EVERY;
    const net = new ClockNet(['a', 'b'], { way: aAlone(1) });
    for (let i = 0; i < 5 * intervals; i++) {
      net.evidence('a', 'b', { kind: 'reset' }).run(INTERVAL_MS / 5); // takes what there is
    }
    const regular = intervals + 1;
    const extra = 16 + intervals / 4; // at once, and what flows back
    expect(net.questions('a', 'b').length).toBeLessThanOrEqual(regular + extra);
  });

  it('of a burst whose answer is lost do not go on by themselves', () => {
    const net = new ClockNet(['a', 'b']);
    let lost = 0;
    net.way = (from) => (from === 'b' && lost++ < 1 ? undefined : 1);
    net.run(3 * INTERVAL_MS);
    expect(net.clock('a', 'b')).toBeDefined();
    expect(net.state('a', 'b')).toBe('alive');
  });
});

describe('what a peer may cost', () => {
  const peer = () => {
    const group = new Group('a', undefined);
    group.setMembers(['a', 'b']);
    const membership = { emit: () => undefined };
    const clocks = new PeerClocks({ group, rules: RULES, intervalMs: INTERVAL_MS, membership });
    const contact = new Contact('b');
    return { clocks, contact, budget: new ProbeBudget(INTERVAL_MS) };
  };
  const NOW = { monoMs: 1000, wallMs: 1e12 };
  /** Whatever is left of a budget. */
  function spend(budget: ProbeBudget): number {
    let left = 0;
    while (budget.take(NOW.monoMs)) left++;
    return left;
  }

  it('is not touched where no burst is due', () => {
    const { clocks, contact, budget } = peer();
    const full = spend(new ProbeBudget(INTERVAL_MS));
    expect(clocks.takeBurst(contact, budget, NOW)).toBe(false); // it was never asked
    clocks.asked(contact);
    for (let i = 1; i < LENGTH; i++) expect(clocks.takeBurst(contact, budget, NOW)).toBe(true);
    for (let i = 0; i < 100; i++) expect(clocks.takeBurst(contact, budget, NOW)).toBe(false);
    for (let i = 1; i < EVERY; i++) {
      clocks.asked(contact);
      expect(clocks.takeBurst(contact, budget, NOW)).toBe(false);
    }
    expect(spend(budget)).toBe(full - (LENGTH - 1));
  });

  it('ends a burst, which goes on once there is more', () => {
    const { clocks, contact, budget } = peer();
    clocks.asked(contact);
    spend(budget);
    expect(clocks.takeBurst(contact, budget, NOW)).toBe(false);
    const later = { ...NOW, monoMs: NOW.monoMs + 100 * INTERVAL_MS };
    for (let i = 1; i < LENGTH; i++) expect(clocks.takeBurst(contact, budget, later)).toBe(true);
    expect(clocks.takeBurst(contact, budget, later)).toBe(false);
  });
});
