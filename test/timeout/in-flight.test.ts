import { describe, expect, it } from 'vitest';
import { InFlightList, type Linked } from '../../src/timeout/in-flight.ts';

class Item implements Linked {
  previous: Linked | undefined;
  next: Linked | undefined;
  readonly name: number;
  constructor(name: number) {
    this.name = name;
  }
}

function namesIn(list: InFlightList<Item>): number[] {
  return [...list].map(({ name }) => name);
}

describe('the list of requests on their way', () => {
  it('is empty at first', () => {
    const list = new InFlightList<Item>();
    expect([list.size, list.oldest, namesIn(list)]).toEqual([0, undefined, []]);
  });

  it.each([
    ['the oldest', 0, [1, 2]],
    ['the one between', 1, [0, 2]],
    ['the youngest', 2, [0, 1]],
  ])('stays in order when %s leaves', (_which, leaving, left) => {
    const list = new InFlightList<Item>();
    const items = [0, 1, 2].map((name) => new Item(name));
    for (const item of items) list.add(item);
    list.remove(items[leaving]!);
    expect(namesIn(list)).toEqual(left);
    expect(list.oldest?.name).toBe(left[0]);
    expect(list.size).toBe(2);
  });

  it('lets go of what left, so that it is not kept in memory', () => {
    const list = new InFlightList<Item>();
    const items = [0, 1, 2].map((name) => new Item(name));
    for (const item of items) list.add(item);
    list.remove(items[1]!);
    expect([items[1]!.previous, items[1]!.next]).toEqual([undefined, undefined]);
  });
});
