import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InFlightList, type Linked } from '../../src/timeout/in-flight.ts';
import { runs } from '../support/properties.ts';

class Item implements Linked {
  previous: Linked | undefined;
  next: Linked | undefined;
}

describe('the list of requests on their way', () => {
  it('holds who joined and did not leave, in the order of joining', () =>
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant('join' as const), fc.nat(30)), { maxLength: 100 }),
        (steps) => {
          const list = new InFlightList<Item>();
          let expected: Item[] = [];
          for (const step of steps) {
            if (step === 'join') {
              const item = new Item();
              list.add(item);
              expected.push(item);
            } else if (expected.length > 0) {
              const leaving = expected[step % expected.length]!;
              list.remove(leaving);
              expected = expected.filter((item) => item !== leaving);
            }
            expect([...list]).toEqual(expected);
            expect(list.size).toBe(expected.length);
            expect(list.oldest).toBe(expected[0]);
          }
        },
      ),
      runs(200),
    ));
});
