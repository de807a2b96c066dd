/** What is read of etcd's answers. Numbers of 64 bits are texts; zeros and falses are left out. */
import { z } from 'zod';
import { StoreError } from './fencing-store.ts';

const number64 = z.string().regex(/^\d{1,20}$/);
const keyValues = z.array(z.object({ value: z.string().default(''), lease: number64.optional() }));
const range = z.object({ kvs: keyValues.optional() });

export const rangeSchema = range;
export const txnSchema = z.object({
  header: z.object({ revision: number64 }),
  succeeded: z.boolean().default(false),
  responses: z.array(z.object({ response_range: range.optional() })).default([]),
});
export const grantSchema = z.object({ ID: number64, TTL: number64 });
export const keepAliveSchema = z.object({ result: z.object({ TTL: number64.optional() }) });

/** An answer in the shape it should have; throws a `StoreError` for another: it may be no etcd. */
export function answerAs<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new StoreError('etcd: an answer of another shape', {
    outcome: 'unknown',
    cause: result.error,
  });
}
