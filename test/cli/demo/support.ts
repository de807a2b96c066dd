/** A cluster that was never started, and what its gateway would report. */
import type { Cluster, LeaseSeen, Seen } from '../../../src/cli/demo/cluster.ts';
import { type DemoReport, demoReport } from '../../../src/cli/demo/demo-report.ts';
import { FAULTS } from '../../../src/cli/demo/faults.ts';
import { SERVICES } from '../../../src/cli/demo/services.ts';
import { faultReport, type Injected } from '../../../src/cli/demo/sightings.ts';
import type { TimeoutsReport } from '../../../src/report.ts';
import { onTestFinished } from 'vitest';
import { entryOf } from '../support.ts';

export const CLUSTER: Cluster = {
  services: SERVICES.map((service, i) => ({ service, port: 40_001 + i, pid: 101 + i })),
  origin: 'http://127.0.0.1:40000',
  gatewayPid: 100,
  clients: ['fetch', 'undici', 'axios', 'node:http'],
  missing: [],
  seen: [],
  network: { drop: () => undefined, delay: () => undefined },
  stateOf: (_observer, node) => (node === 'slowing' ? 'slow' : 'alive'),
  gatewayEnd: () => undefined,
  signal: () => undefined,
  kill: () => Promise.resolve(),
  leases: [],
  clockSetBy: undefined,
  setClock: () => Promise.resolve(),
  restart: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

/** What an entry says with `n` replies, and the bounds of its timeout. */
function measured(n: number, timeoutMs: number, lowerBoundMs: number, upperBoundMs: number) {
  const reason = `99 % of ${n} replies in the last 14.7 s came within ${timeoutMs} ms`;
  return { targetRate: 0.01, n, timeoutMs, lowerBoundMs, upperBoundMs, reason };
}

const UNBOUNDED = { targetRate: 0.01, lowerBoundMs: undefined, upperBoundMs: undefined };

export const GATEWAY_REPORT: TimeoutsReport = {
  node: 'tardy-demo/100',
  generatedAt: '2026-03-01T12:00:00.000Z',
  timeouts: [
    entryOf(
      { peer: '127.0.0.1:40001', route: 'GET /users/:id', requests: 330 },
      measured(330, 4.12, 3.97, 6.1),
    ),
    entryOf(
      { peer: '127.0.0.1:40001', route: 'GET /carts/:id', requests: 110 },
      {
        ...UNBOUNDED,
        ...{ n: 110, timeoutMs: 8.35, basis: 'extrapolated' },
        reason:
          '110 replies in the last 14.7 s are too few for 99 %; half as long again as the slowest, 5.57 ms',
        warnings: ['a bound at 95 % needs 299 independent replies; these are worth 110'],
      },
    ),
    entryOf(
      { peer: '127.0.0.1:40002', route: 'GET /search/:id', requests: 440, p99Ms: 46.8 },
      measured(439, 46.8, 28.9, 117),
    ),
    entryOf(
      { peer: '127.0.0.1:40003', route: 'GET /items/:id', requests: 446, p99Ms: 65 },
      measured(446, 65, 63.7, 65.3),
    ),
    entryOf(
      { peer: '127.0.0.1:40004', route: 'POST /orders', requests: 12, p50Ms: 8.5, p99Ms: 14 },
      {
        ...UNBOUNDED,
        ...{ n: 12, timeoutMs: undefined, basis: 'insufficient' },
        reason: 'only 12 replies so far: too few to say',
      },
    ),
    entryOf({ peer: 'elsewhere:80' }),
  ],
};

/** First advice of the first three services. */
export const FIRST: ReadonlyMap<string, number> = new Map([
  ['127.0.0.1:40001', 2320],
  ['127.0.0.1:40002', 2071],
  ['127.0.0.1:40003', 2571],
]);

export const DEMO_REPORT: DemoReport = demoReport({
  cluster: CLUSTER,
  report: GATEWAY_REPORT,
  first: FIRST,
  targetRate: 0.01,
  durationS: 14.7,
  faults: [],
});

/** When the fault of these tests began, by the clock of the demo. */
export const BEGAN_MS = 7_200_000;

export function called(
  observer: Seen['observer'],
  node: Seen['node'],
  to: Extract<Seen, { type: 'state' }>['to'],
  afterMs: number,
  because = 'it does not answer',
): Seen {
  return { type: 'state', observer, node, peer: node, to, because, atMs: BEGAN_MS + afterMs };
}

export function evidence(
  observer: Seen['observer'],
  node: Seen['node'],
  kind: string,
  afterMs: number,
): Seen {
  const atMs = BEGAN_MS + afterMs;
  return { type: 'evidence', observer, node, peer: node, evidence: { kind }, atMs };
}

export function leased(
  type: LeaseSeen['type'],
  node: LeaseSeen['node'],
  token: string,
  afterMs: number,
): LeaseSeen {
  return { type, node, token, atMs: BEGAN_MS + afterMs };
}

/** `bimodal` stands still with token 3; `slowing` takes over with 4. */
export const LEASE_SEEN: readonly LeaseSeen[] = [
  leased('acquired', 'slowing', '2', -9000),
  leased('refused', 'steady', '1', -8000),
  leased('acquired', 'bimodal', '3', -4000),
  leased('acquired', 'slowing', '4', 1750),
  leased('refused', 'steady', '3', 5010),
  leased('refused', 'steady', '3', 5020),
];

/** Pretends that this is Windows, until the test is over. */
export function onWindows(): void {
  const { platform } = process;
  Object.defineProperty(process, 'platform', { value: 'win32' });
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }));
}

export const KILLED: Injected = {
  ...{ name: 'kill', atS: 5.2 },
  ...{ atMs: BEGAN_MS, endedAtMs: BEGAN_MS + 5640 },
};

/** Everyone calls the killed one dead, one after the other, and alive when it is back. */
export const KILL_SEEN: readonly Seen[] = FAULTS.kill.views.flatMap(({ observer, node }, i) => [
  called(observer, node, 'slow', -900),
  called(observer, node, 'alive', -850),
  evidence(observer, node, 'reset', 12 + i),
  evidence(observer, node, 'refused', 15 + i),
  called(observer, node, 'suspect', 15 + i, 'nothing listens there'),
  called(observer, node, 'dead', 60 + i, 'nothing listens there; 3 of 5 observers suspect it'),
  called(observer, node, 'slow', 5700 + i),
  called(observer, node, 'alive', 5900 + i, 'it answers'),
]);

export const KILL_REPORT = faultReport(KILLED, KILL_SEEN);
