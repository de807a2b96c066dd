/** What the parts ask of their processes. */
import type { Lane } from './sets.ts';

export const CLIENTS = ['undici.request', 'fetch', 'node:http'] as const;
export type Client = (typeof CLIENTS)[number];

/** Requests on their way at once, each on a connection of its own that is kept alive. */
export const CONCURRENCY = 16;

/** V8's collector of garbage is called at both ends of a block: see garbage.ts. */
export const EXPOSE_GC: readonly string[] = ['--expose-gc'];

export interface ClientJob {
  readonly client: Client;
  readonly lane: Lane;
  readonly origin: string;
  /** Requests before the first block: compiled code, open connections, a filled window. */
  readonly warmRequests: number;
}

export interface ServerJob {
  readonly lane: Lane;
  /** Synchronous work of each request, in µs of CPU. */
  readonly workUs: number;
}

export interface LoadJob {
  readonly port: number;
  readonly requests: number;
}

export interface FootprintJob {
  readonly data: 'one request' | 'lognormal' | 'every bucket';
  readonly requestsPerKey: number;
  readonly seed: number;
}
