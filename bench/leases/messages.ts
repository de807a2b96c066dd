/** What the processes of the bench tell one another. */
export type Check = 'timer' | 'guard';
/** Where the holder checks: before some work, before `fetch`, or when the request is written. */
export type Place = 'work' | 'call' | 'last';
/** What the resource does with tokens. */
export type Fencing = 'none' | 'middleware' | 'guard';

export interface HolderJob {
  readonly check: Check;
  readonly place: Place;
  readonly url: string;
  readonly ttlMs: number;
  readonly workMs: number;
}

export interface ReplicaJob {
  readonly port: number;
  readonly fencing: Fencing;
  /** Of the database in the bench's own process, or of etcd. */
  readonly database: { readonly memory: string } | { readonly etcd: string };
  /** Between the check and the write. */
  readonly workMs: number;
}

/** To the holder. */
export type ToHolder = { readonly begin: string } | { readonly token: string };
/** From the holder: it asks for the lease; it has stopped writing. */
export type FromHolder = 'ready' | 'ask' | { readonly writes: number };
/** From a replica: a request of this token is between its check and its write. */
export type FromReplica = 'ready' | { readonly between: string };
