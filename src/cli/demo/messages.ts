/** What parent and children tell each other: arguments as JSON, one message when ready. */
import { z } from 'zod';
import { SERVICE_NAMES } from './services.ts';

export const HOST = '127.0.0.1';

export const serviceArgumentSchema = z.object({
  name: z.enum(SERVICE_NAMES),
  /** Time from its first request on after which `slowing` becomes slow. */
  slowAfterMs: z.number(),
});

export const gatewayArgumentSchema = z.object({
  /** 0 for a free one. */
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

export const childMessageSchema = z.discriminatedUnion('kind', [
  readySchema,
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);

export type ServiceArgument = z.infer<typeof serviceArgumentSchema>;
export type GatewayArgument = z.infer<typeof gatewayArgumentSchema>;
export type Ready = z.infer<typeof readySchema>;
export type ChildMessage = z.input<typeof childMessageSchema>;
