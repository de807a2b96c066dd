/**
 * Maxima in the memory of one process, for tests, and for a resource that is that process.
 *
 * It forgets when the process ends, and another process does not see it: behind a load balancer, or
 * over a restart, it lets stale writes pass. It never forgets to make room, because a resource
 * whose maximum is forgotten accepts anything: when it is full it refuses new resources.
 */
import { argumentError } from '../errors.ts';
import { judgeToken } from '../lease/fencing-rule.ts';
import {
  checkFence,
  type Raised,
  refuseStale,
  StoreError,
  type TransactionalFencingStore,
} from './fencing-store.ts';

/** A name and a number each: about 2 MiB in all. */
const RESOURCES_MAX = 10_000;

export interface SingleProcessOptions {
  /** Resources remembered, ≥ 1; more are refused. Default 10,000. */
  readonly maxResources?: number;
}

/** A write: the guard waits for what it returns. */
export type LocalWrite<T> = () => Promise<T> | T;

export interface SingleProcessFencingStore extends TransactionalFencingStore<
  LocalWrite<unknown>,
  unknown
> {
  /** Guarded writes of one resource run one after the other: a write that hangs holds up the next. */
  guard<T>(resource: string, token: bigint, write: LocalWrite<T>): Promise<T>;
}

/** Throws ERR_TARDY_ARGUMENT for a `maxResources` that is no integer >= 1. */
export function singleProcessFencingStore({
  maxResources = RESOURCES_MAX,
}: SingleProcessOptions = {}): SingleProcessFencingStore {
  if (!(Number.isSafeInteger(maxResources) && maxResources >= 1)) {
    throw argumentError('maxResources', maxResources, 'an integer >= 1');
  }
  return new MemoryStore(maxResources);
}

class MemoryStore implements SingleProcessFencingStore {
  readonly #maxResources: number;
  readonly #seen = new Map<string, bigint>();
  /** The last guarded write of each resource that has one under way. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(maxResources: number) {
    this.#maxResources = maxResources;
  }

  raise(resource: string, token: bigint): Promise<Raised> {
    return Promise.resolve().then(() => this.#raise(resource, token));
  }

  async guard<T>(resource: string, token: bigint, write: LocalWrite<T>): Promise<T> {
    checkFence(resource, token);
    const turn = this.#after(resource, async () => {
      const { accepted, seen } = this.#raise(resource, token);
      if (!accepted) refuseStale({ resource, token, seen });
      return write();
    });
    return turn;
  }

  #raise(resource: string, token: bigint): Raised {
    checkFence(resource, token);
    const seen = this.#seen.get(resource);
    if (seen !== undefined && judgeToken(seen, token) === 'stale') return { accepted: false, seen };
    if (seen === undefined && this.#seen.size >= this.#maxResources) {
      throw new StoreError(
        `${this.#maxResources} resources are remembered, and none is forgotten`,
        {
          outcome: 'not-applied',
        },
      );
    }
    this.#seen.set(resource, token);
    return { accepted: true, seen: token };
  }

  /** Runs when the guarded writes of the resource before this one are done, however they ended. */
  async #after<T>(resource: string, act: () => Promise<T>): Promise<T> {
    const before = this.#last.get(resource) ?? Promise.resolve();
    const turn = before.then(act, act);
    this.#last.set(resource, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(resource) === turn) this.#last.delete(resource);
    }
  }
}
