import { describe, expect, it } from 'vitest';
import { seed } from '../support/capabilities.ts';
import { INTERVAL_MS, TinyNet } from './tiny-net.ts';

const NAMES = ['a', 'b', 'c'];

/** From a minute on, whatever a sends to b is lost: questions, answers, opinions. */
function droppedFrom(more: number, names = NAMES): TinyNet {
  const net = new TinyNet(names, { seed: seed() + more });
  net.run(60_000 + 37 * more);
  net.way = (from, to) => (from === 'a' && to === 'b' ? undefined : 1);
  return net;
}

describe('a link that drops one way, from a to b', () => {
  it('within three intervals b does not hear a any more, and says so', () => {
    for (let more = 0; more < 30; more++) {
      const net = droppedFrom(more).run(3 * INTERVAL_MS);
      expect(['suspect', 'disputed']).toContain(net.state('b', 'a'));
    }
  });

  it('b knows within ten that it is the link: c hears a', () => {
    const net = droppedFrom(0).run(10 * INTERVAL_MS);
    expect(net.state('b', 'a')).toBe('disputed');
    expect(net.view('b', 'a').because).toContain('c hears it');
  });

  it('a hears b on, and has nothing to say against it', () => {
    for (let more = 0; more < 100; more++) {
      const net = droppedFrom(more).run(60_000);
      expect(net.eventsOf('a', 'suspicion')).toEqual([]);
      expect(net.called('a', 'b')).not.toContain('suspect');
    }
  });

  it('nobody is ever dead, and nobody else is touched', () => {
    for (let more = 0; more < 10; more++) {
      const net = droppedFrom(more).run(120_000);
      for (const at of NAMES) {
        for (const of of NAMES) expect(net.called(at, of)).not.toContain('dead');
      }
      expect(net.called('c', 'a')).toEqual(['alive']);
      expect(net.called('c', 'b')).toEqual(['alive']);
    }
  });

  it('between two members is suspected on one side only', () => {
    const net = droppedFrom(0, ['a', 'b']).run(60_000);
    expect(net.state('b', 'a')).toBe('suspect');
    expect(['alive', 'slow']).toContain(net.state('a', 'b'));
  });

  it('is over when it is over: alive again, one mistake', () => {
    const net = droppedFrom(0).run(60_000);
    net.way = () => 1;
    net.run(5000);
    expect(net.state('b', 'a')).toBe('alive');
    expect(net.eventsOf('b', 'mistake')).toHaveLength(1);
  });
});

describe('a link that loses, delays and repeats', () => {
  it.each([
    ['loses one message in fifty', () => (n: number) => (n % 50 === 7 ? [] : [1])],
    ['is slow', () => () => [450]],
    ['is as slow as a satellite', () => () => [600]],
  ])('%s: nobody is called dead, and all are alive in the end', (_, pattern) => {
    const net = new TinyNet(NAMES, { seed: seed() });
    const delays = pattern();
    let sent = 0;
    net.way = () => delays(sent++)[0];
    net.run(300_000);
    net.way = () => 1;
    net.run(60_000);
    for (const at of NAMES) {
      for (const of of NAMES.filter((name) => name !== at)) {
        expect(net.called(at, of)).not.toContain('dead');
        expect(net.state(at, of)).toBe('alive');
      }
    }
  });

  it.each([200, 450, 475, 490, 600, 1200, 3000])(
    'a constant %i ms each way: no suspicion after the first minute',
    (delayMs) => {
      for (let more = 0; more < 12; more++) {
        const net = new TinyNet(['a', 'b'], { seed: seed() + more, way: () => delayMs });
        net.run(180_000);
        const late = net.eventsOf('a', 'suspicion').filter(({ atMs }) => atMs > 60_000);
        expect(late).toEqual([]);
      }
    },
  );

  it('becomes three times as slow for good: trusted again within 20 beats', () => {
    for (let more = 0; more < 10; more++) {
      const net = new TinyNet(NAMES, { seed: seed() + more, way: () => 100 });
      net.run(120_000);
      net.way = () => 300;
      net.run(120_000);
      for (const at of NAMES) {
        const late = net.eventsOf(at, 'suspicion').filter(({ atMs }) => atMs > 140_000);
        expect(late).toEqual([]);
      }
    }
  });
});
