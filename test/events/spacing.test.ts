import { expect, it } from 'vitest';
import { EventSpacing } from '../../src/events/spacing.ts';

it('lets one event of a kind through in so long, and each kind for itself', () => {
  const spacing = new EventSpacing(1000);
  expect(spacing.isDue('a', 0)).toBe(true);
  expect(spacing.isDue('a', 999)).toBe(false);
  expect(spacing.isDue('b', 999)).toBe(true);
  expect(spacing.isDue('a', 1000)).toBe(true);
});

it('forgets the kind that came longest ago beyond a thousand', () => {
  const spacing = new EventSpacing(1000);
  for (let i = 0; i < 1001; i++) spacing.isDue(`${i}`, i / 10_000);
  expect(spacing.isDue('0', 1)).toBe(true);
  expect(spacing.isDue('1000', 1)).toBe(false);
});
