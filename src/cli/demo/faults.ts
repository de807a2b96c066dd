/** What can go wrong in the demo on purpose: how it begins, how it ends, and who can see it. */
import type { Cluster } from './cluster.ts';
import { NODE_NAMES, type NodeName, PAIR } from './network.ts';
import { TARGET } from './services.ts';
import { hasStopSignals } from './stop-signals.ts';

export const FAULT_NAMES = ['kill', 'stop', 'delay', 'drop', 'skew', 'lease'] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

/** A fault lasts so long. */
export const FAULT_MS = 5000;
/** More than half of a heartbeat interval each way: too late for what was learned so far. */
const DELAY_MS = 600;
/** Twenty times the budget of clocks. */
const SKEW_MS = 10_000;
/** Two nodes: who looks, and at whom. */
export interface View {
  readonly observer: NodeName;
  readonly node: NodeName;
}

export interface FaultKind {
  /** What is done, in a few words. */
  readonly does: string;
  /** What it is at its end: started again. */
  readonly ends: string;
  /** Whether there is what it takes, besides that everyone trusts everyone; absent: always. */
  isReady?(cluster: Cluster): boolean;
  begin(cluster: Cluster): Promise<void>;
  end(cluster: Cluster): Promise<void>;
  /** Who should see something, and of whom. */
  readonly views: readonly View[];
}

const othersOnTarget = NODE_NAMES.filter((name) => name !== TARGET).map((observer) => ({
  observer,
  node: TARGET,
}));

export const FAULTS: Readonly<Record<FaultName, FaultKind>> = {
  kill: {
    does: `kill -9 of ${TARGET}`,
    ends: 'started again',
    begin: (cluster) => cluster.kill(TARGET),
    end: (cluster) => cluster.restart(TARGET),
    views: othersOnTarget,
  },
  stop: {
    does: `${TARGET} stands still (SIGSTOP)`,
    ends: 'continued (SIGCONT)',
    begin: (cluster) => promised(() => cluster.signal(TARGET, 'SIGSTOP')),
    end: (cluster) => promised(() => cluster.signal(TARGET, 'SIGCONT')),
    views: othersOnTarget,
  },
  delay: {
    does: `heartbeats between ${PAIR.from} and ${PAIR.to} take ${DELAY_MS} ms longer each way`,
    ends: 'undone',
    begin: ({ network }) => promised(() => network.delay(DELAY_MS)),
    end: ({ network }) => promised(() => network.delay(0)),
    views: [
      { observer: PAIR.from, node: PAIR.to },
      { observer: PAIR.to, node: PAIR.from },
    ],
  },
  drop: {
    does: `heartbeats from ${PAIR.from} to ${PAIR.to} are lost, not those from ${PAIR.to} to ${PAIR.from}`,
    ends: 'undone',
    begin: ({ network }) => promised(() => network.drop(true)),
    end: ({ network }) => promised(() => network.drop(false)),
    views: [{ observer: PAIR.to, node: PAIR.from }],
  },
  skew: {
    does: `the clock of ${TARGET} is set ${SKEW_MS / 1000} s ahead`,
    ends: 'set right',
    begin: (cluster) => cluster.setClock(SKEW_MS),
    end: (cluster) => cluster.setClock(0),
    views: othersOnTarget,
  },
  lease: {
    does: `${TARGET} stands still (SIGSTOP) while it holds a lease`,
    ends: 'continued (SIGCONT)',
    isReady: ({ leases }) => leases.findLast(({ type }) => type === 'acquired')?.node === TARGET,
    begin: (cluster) => promised(() => cluster.signal(TARGET, 'SIGSTOP')),
    end: (cluster) => promised(() => cluster.signal(TARGET, 'SIGCONT')),
    views: othersOnTarget,
  },
};

const NEEDS_STOP_SIGNALS: readonly FaultName[] = ['stop', 'lease'];

/** Why it cannot be brought about here; undefined if it can. */
export function whyImpossible(name: FaultName): string | undefined {
  if (hasStopSignals() || !NEEDS_STOP_SIGNALS.includes(name)) return undefined;
  return `${name} needs the signal SIGSTOP, which Windows does not have`;
}

function promised(act: () => void): Promise<void> {
  act();
  return Promise.resolve();
}
