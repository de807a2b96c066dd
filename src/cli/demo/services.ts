/**
 * The cluster of the demo in one table: services that answer in different ways, what is called on
 * each, and the timeout that is configured for it today.
 */
export const SERVICE_NAMES = ['steady', 'tail', 'bimodal', 'slowing', 'enforced'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** The one that faults happen to. */
export const TARGET: ServiceName = 'bimodal';

interface LeaseContender {
  /** Asks for the lease for the first time after so long. */
  readonly afterMs: number;
  /** Gives it back after so long. */
  readonly holdMs?: number;
}

/** Who keeps the ledger that only the holder of a lease may write to, and who wants that lease. */
export const LEASE: {
  readonly keeper: ServiceName;
  readonly contenders: Partial<Readonly<Record<ServiceName, LeaseContender>>>;
} = {
  keeper: 'steady',
  // The second steps in, and gives way when the first is well again.
  contenders: { [TARGET]: { afterMs: 0 }, slowing: { afterMs: 3000, holdMs: 10_000 } },
};

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `:id` is filled in with a number, different each time. */
  readonly path: string;
  /** How often, against the other routes of the service. */
  readonly weight: number;
}

export interface DemoService {
  readonly name: ServiceName;
  /** How it answers, in a few words. */
  readonly does: string;
  readonly routes: readonly Route[];
  /** What somebody once put into `timeout`. */
  readonly configuredTimeoutMs: number;
  /** The advice for this share of false timeouts is applied to its calls, instead. */
  readonly enforcedTargetRate?: number;
}

export const SERVICES: readonly DemoService[] = [
  {
    name: 'steady',
    does: 'always within 2 to 4 ms',
    routes: [
      { method: 'GET', path: '/users/:id', weight: 3 },
      { method: 'GET', path: '/carts/:id', weight: 1 },
    ],
    configuredTimeoutMs: 1000,
  },
  {
    name: 'tail',
    does: 'mostly 2 ms, sometimes a hundred times as long',
    routes: [{ method: 'GET', path: '/search/:id', weight: 1 }],
    configuredTimeoutMs: 250,
  },
  {
    name: 'bimodal',
    does: 'a cache: 3 ms for a hit, 60 ms for a miss',
    routes: [{ method: 'GET', path: '/items/:id', weight: 1 }],
    configuredTimeoutMs: 1000,
  },
  {
    name: 'slowing',
    does: 'around 8 ms, then five times as long',
    routes: [{ method: 'POST', path: '/orders', weight: 1 }],
    configuredTimeoutMs: 1000,
  },
  {
    name: 'enforced',
    does: 'as tail, and waited for as long as advised: 5 % may be cut off',
    routes: [{ method: 'GET', path: '/quotes/:id', weight: 1 }],
    configuredTimeoutMs: 5000,
    // High, so that seconds are enough to see whether it is kept.
    enforcedTargetRate: 0.05,
  },
];

export function serviceNamed(name: ServiceName): DemoService {
  const found = SERVICES.find((service) => service.name === name);
  if (!found) throw new Error(`no service ${name} in the table`);
  return found;
}

/** Requests a second to each service: 150 in all. */
export const RATE_PER_SERVICE = 30;

/** Share of the requests to `bimodal` that find the cache cold. */
const MISS_SHARE = 0.15;
const TAIL_SCALE_MS = 2;
const TAIL_SHAPE = 1.5;
/** A reply that takes longer than any timeout tells nothing more. */
const TAIL_MAX_MS = 5000;
const SLOWDOWN = 5;

export interface Moment {
  /** Draws from [0, 1). */
  readonly random: () => number;
  /** True once `slowing` has become slow. */
  readonly slowed: boolean;
}

/** How long a service works on a request, in ms. */
export function workMs(name: ServiceName, { random, slowed }: Moment): number {
  switch (name) {
    case 'steady':
      return between(1.5, 3, random);
    case 'tail':
    case 'enforced':
      // Pareto: P(X > x) = (scale / x)^shape.
      return Math.min(TAIL_MAX_MS, TAIL_SCALE_MS * (1 - random()) ** (-1 / TAIL_SHAPE));
    case 'bimodal':
      return random() < MISS_SHARE ? between(55, 65, random) : between(2, 4, random);
    case 'slowing':
      return between(6, 10, random) * (slowed ? SLOWDOWN : 1);
  }
}

function between(low: number, high: number, random: () => number): number {
  return low + (high - low) * random();
}
