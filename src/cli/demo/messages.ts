/**
 * What parent and children tell each other: arguments as JSON, one message when ready, and what
 * they see of one another.
 */
import { z } from 'zod';
import { PEER_STATES } from '../../membership/types.ts';
import { SERVICE_NAMES } from './services.ts';

export const HOST = '127.0.0.1';

/** What becomes of the lease on the ledger. */
export const leaseSightSchema = z.object({
  type: z.enum(['acquired', 'refused', 'stale-write']),
  token: z.string(),
});

export const serviceArgumentSchema = z.object({
  name: z.enum(SERVICE_NAMES),
  port: z.number(),
  /** Time from its first request on after which `slowing` becomes slow. */
  slowAfterMs: z.number(),
  /** It keeps the ledger that is written to under a lease. */
  keepsLedger: z.boolean(),
  /** It writes to the ledger of that origin. */
  lease: z
    .object({ ledger: z.string(), afterMs: z.number(), holdMs: z.number().optional() })
    .optional(),
});

export const gatewayArgumentSchema = z.object({
  port: z.number(),
  targets: z.array(z.object({ name: z.enum(SERVICE_NAMES), port: z.number() })),
});

export const readySchema = z.object({
  kind: z.literal('ready'),
  port: z.number(),
  /** The clients in use, and packages that are not installed: of the gateway. */
  clients: z.array(z.string()).default([]),
  missing: z.array(z.string()).default([]),
});

/**
 * What a child saw of a peer; more is known of it, and not needed here. When it says that was does
 * not count: its clock may be set wrong.
 */
export const sightSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('state'),
    peer: z.string(),
    to: z.enum(PEER_STATES),
    because: z.string(),
  }),
  z.object({
    type: z.literal('evidence'),
    peer: z.string(),
    evidence: z.object({ kind: z.string() }),
  }),
]);

export const childMessageSchema = z.discriminatedUnion('kind', [
  readySchema,
  z.object({ kind: z.literal('failed'), message: z.string() }),
  z.object({ kind: z.literal('sight'), sight: sightSchema }),
  z.object({ kind: z.literal('lease'), sight: leaseSightSchema }),
]);

export type ServiceArgument = z.infer<typeof serviceArgumentSchema>;
export type GatewayArgument = z.infer<typeof gatewayArgumentSchema>;
export type Ready = z.infer<typeof readySchema>;
/** To a child. */
export const parentMessageSchema = z.object({
  /** Who has to be woken if the parent is gone; nobody, if it is absent. */
  asleep: z.number().optional(),
  /** How far ahead its clock is from now on. */
  skewMs: z.number().optional(),
});

export type ParentMessage = z.infer<typeof parentMessageSchema>;
export type Sight = z.infer<typeof sightSchema>;
export type LeaseSight = z.infer<typeof leaseSightSchema>;
export type ChildMessage = z.input<typeof childMessageSchema>;
