/**
 * What goes wrong in a simulation, as plain data: written by hand for one case, or drawn from a
 * seed. Drawn faults overlap: a node may be paused on one side of a partition while another
 * restarts. All of them end before the quiet time, in which the checks wait for liveness.
 */
import type { BurstLoss } from './delay.ts';
import type { Random } from './random.ts';

/** Links by node numbers; see `Links` in `network.ts`. */
export interface FaultLinks {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly direction: 'one-way' | 'both';
}

/**
 * How a process ends: `kill`, its host lives and refuses connections; `host`, nothing answers any
 * more; `exception`, it says so with its last breath.
 */
export type CrashKind = 'kill' | 'host' | 'exception';

export type Fault = { readonly atMs: number } & (
  | {
      readonly kind: 'crash';
      readonly node: number;
      readonly how: CrashKind;
      /** Starts again after so long, with a new boot id; undefined: never. */
      readonly restartAfterMs?: number;
    }
  /** As with SIGTERM: it says goodbye and ends. */
  | { readonly kind: 'goodbye'; readonly node: number; readonly restartAfterMs?: number }
  /** As with SIGSTOP and SIGCONT. */
  | { readonly kind: 'pause'; readonly node: number; readonly forMs: number }
  | { readonly kind: 'drift'; readonly node: number; readonly driftPpm: number }
  | { readonly kind: 'wall-step'; readonly node: number; readonly stepMs: number }
  | { readonly kind: 'cut'; readonly links: FaultLinks; readonly forMs: number }
  | { readonly kind: 'clog'; readonly links: FaultLinks; readonly forMs: number }
  | {
      readonly kind: 'loss';
      readonly links: FaultLinks;
      readonly burstLoss: BurstLoss;
      readonly forMs: number;
    }
  | {
      readonly kind: 'delay';
      readonly links: FaultLinks;
      readonly addMs: number;
      readonly forMs: number;
    }
  /**
   * A node is added to everybody's list and starts, or says goodbye, ends and is taken off it.
   * Nodes learn of it at their own times, within `spreadMs`.
   */
  | {
      readonly kind: 'members';
      readonly change: 'add' | 'remove';
      readonly node: number;
      readonly spreadMs: number;
    }
);

export type FaultKind = Fault['kind'];

export interface FaultPlan {
  readonly nodes: number;
  /** How many faults. */
  readonly faults: number;
  /** The first not before, in ms: detectors have learned by then. */
  readonly fromMs: number;
  /** All healed, restarted and resumed by then, in ms. */
  readonly untilMs: number;
  /** Kinds to draw from. Default: all. */
  readonly kinds?: readonly FaultKind[];
}

/** The longest fault of limited duration, in ms. */
const LONGEST_MS = 90_000;

/** Until the last node has heard of a change of the list. */
const SPREAD_MS_MAX = 20_000;

/** The shortest: below, nobody notices. */
const SHORTEST_MS = 500;

const KINDS: readonly FaultKind[] = [
  ...(['crash', 'crash', 'crash', 'goodbye', 'pause', 'pause', 'drift', 'wall-step'] as const),
  ...(['cut', 'cut', 'cut', 'clog', 'loss', 'delay', 'members'] as const),
];

/** Faults drawn from a plan, in order of time. */
export function drawFaults(plan: FaultPlan, random: Random): Fault[] {
  const { faults, fromMs, untilMs, kinds = KINDS } = plan;
  const times = Array.from({ length: faults }, () => fromMs + random.next() * (untilMs - fromMs));
  times.sort((a, b) => a - b);
  const gone = new Set<number>();
  let added = 0;
  return times.map((atMs) => {
    const fault = drawFault(pick(kinds, random), atMs, plan, random);
    if (fault.kind === 'members' && (random.next() < 0.5 || !mayGo(fault.node, gone, plan))) {
      return { ...fault, change: 'add', node: plan.nodes + added++ };
    }
    if (!endsForGood(fault)) return fault;
    if (mayGo(fault.node, gone, plan)) gone.add(fault.node);
    else if (fault.kind !== 'members') return { ...fault, restartAfterMs: SHORTEST_MS };
    return fault;
  });
}

/** Two remain: with one, there is nobody to watch. */
function mayGo(node: number, gone: ReadonlySet<number>, plan: FaultPlan): boolean {
  return gone.has(node) || gone.size < plan.nodes - 2;
}

type LastFault = Extract<Fault, { kind: 'crash' | 'goodbye' | 'members' }>;

function endsForGood(fault: Fault): fault is LastFault {
  if (fault.kind === 'members') return fault.change === 'remove';
  return (fault.kind === 'crash' || fault.kind === 'goodbye') && !fault.restartAfterMs;
}

function drawFault(kind: FaultKind, atMs: number, plan: FaultPlan, random: Random): Fault {
  const node = random.integer(plan.nodes);
  // When it is to be quiet, all are over.
  const leftMs = plan.untilMs - atMs;
  const forMs = drawDurationMs(leftMs, random);
  // Half of them come back: a life that ends for good tells whether it is suspected for good.
  const restart = random.next() < 0.5 ? { restartAfterMs: forMs } : {};
  switch (kind) {
    case 'crash':
      return { kind, atMs, node, how: pick(['kill', 'host', 'exception'], random), ...restart };
    case 'goodbye':
      return { kind, atMs, node, ...restart };
    case 'pause':
      return { kind, atMs, node, forMs };
    case 'drift':
      return { kind, atMs, node, driftPpm: (random.next() * 2 - 1) * 200 };
    case 'wall-step':
      return { kind, atMs, node, stepMs: (random.next() * 2 - 1) * 3_600_000 };
    case 'cut':
    case 'clog':
      return { kind, atMs, links: drawLinks(plan.nodes, random), forMs };
    case 'loss':
      return {
        kind,
        atMs,
        links: drawLinks(plan.nodes, random),
        burstLoss: drawBurst(random),
        forMs,
      };
    case 'delay': {
      const addMs = random.lognormal(200, 1);
      return { kind, atMs, links: drawLinks(plan.nodes, random), addMs, forMs };
    }
    case 'members': {
      const spreadMs = random.next() * Math.min(SPREAD_MS_MAX, leftMs);
      return { kind, atMs, change: 'remove', node, spreadMs };
    }
  }
}

/** From half a second to a minute and a half, as many short as long ones on a log scale. */
function drawDurationMs(atMostMs: number, random: Random): number {
  const mostMs = Math.max(SHORTEST_MS, Math.min(LONGEST_MS, atMostMs));
  return Math.min(atMostMs, SHORTEST_MS * (mostMs / SHORTEST_MS) ** random.next());
}

/** One link, one node against the rest, or a split anywhere; one way or both. */
function drawLinks(nodes: number, random: Random): FaultLinks {
  const order = shuffled(nodes, random);
  const direction = random.next() < 0.5 ? 'one-way' : 'both';
  const shape = random.integer(3);
  const first = shape === 2 ? 1 + random.integer(nodes - 1) : 1;
  const rest = order.slice(first);
  const sides = [order.slice(0, first), shape === 0 ? rest.slice(0, 1) : rest] as const;
  // Which side is cut off from hearing matters only one way.
  const [from, to] = random.next() < 0.5 ? sides : [sides[1], sides[0]];
  return { from, to, direction };
}

function drawBurst(random: Random): BurstLoss {
  return {
    enterBad: 0.02 + random.next() * 0.2,
    leaveBad: 0.1 + random.next() * 0.5,
    lossGood: random.next() * 0.1,
    lossBad: 0.3 + random.next() * 0.7,
  };
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random.integer(values.length)] as T;
}

/** 0 to below, in an order drawn by Fisher and Yates. */
function shuffled(below: number, random: Random): number[] {
  const order = Array.from({ length: below }, (_, index) => index);
  for (let i = below - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
