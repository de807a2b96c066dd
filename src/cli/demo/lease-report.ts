/** What became of the lease in a fault: made of what its holders told. */
import { z } from 'zod';
import type { LeaseSeen } from './cluster.ts';
import { NODE_NAMES } from './network.ts';

const node = z.enum(NODE_NAMES);

export const leaseSchema = z.object({
  holder: node.describe('who held it when the fault began'),
  token: z.string().describe('its fencing token'),
  successor: node.optional().describe('who took it over'),
  newToken: z.string().optional(),
  takenOverAfterMs: z.number().optional().describe('from the fault to that'),
  refused: z.number().describe('writes with an old token that were refused'),
  staleWrites: z
    .number()
    .describe('writes that were taken after one with a higher token: mistakes'),
});

export type LeaseReport = z.infer<typeof leaseSchema>;

/** Undefined if nobody held it. */
export function leaseReport(atMs: number, seen: readonly LeaseSeen[]): LeaseReport | undefined {
  const isBefore = (each: LeaseSeen) => each.atMs < atMs;
  const held = seen.findLast((each) => each.type === 'acquired' && isBefore(each));
  if (!held) return undefined;
  const { node: holder, token } = held;
  const taken = seen.find((each) => each.type === 'acquired' && !isBefore(each));
  const since = seen.filter((each) => !isBefore(each));
  const count = (type: LeaseSeen['type']) => since.filter((each) => each.type === type).length;
  return {
    ...{ holder, token, refused: count('refused'), staleWrites: count('stale-write') },
    ...(taken
      ? {
          successor: taken.node,
          newToken: taken.token,
          takenOverAfterMs: taken.atMs - atMs,
        }
      : {}),
  };
}
