/**
 * A round trip is what it says: request written to response headers. Every case adds a part of
 * known length to a call; a part that is outside is at most in the total, whatever the machine's
 * load adds to either.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeBinaries } from '../support/capabilities.ts';
import { FIXTURES, runForJson } from '../support/e2e-program.ts';

interface Measured {
  readonly count: number;
  readonly ms: number;
}
interface Call {
  readonly rtt: Measured;
  readonly connect: Measured;
  readonly delay: Measured;
  readonly totalMs: number;
  /** The part of known length belongs to the round trip. */
  readonly inside: boolean;
}
interface Report {
  readonly partMs: number;
  readonly cases: Readonly<Record<string, Readonly<Record<string, Call>>>>;
  readonly timings: Readonly<Record<string, Omit<Call, 'inside'> & { expectedMs?: number }>>;
}

/** Timers of the fixture may fire this much early by performance.now(). */
const SLACK_MS = 2;
const ALL = ['fetch', 'undici', 'http'];
const WITH_POOLS = ['undici', 'http'];

const CASES: readonly (readonly [string, readonly string[], number])[] = [
  ['late', ALL, 1],
  ['late, kept alive', ALL, 3],
  ['waiting for the pool', WITH_POOLS, 3],
  ['name lookup', WITH_POOLS, 1],
  ['tls handshake', ALL, 1],
  ['body', ALL, 1],
  ['slow upload', ALL, 1],
  ['upload into a full socket', ALL, 1],
];

const reports = new Map<string, Promise<Report>>();

beforeAll(async () => {
  const env = { NODE_EXTRA_CA_CERTS: `${FIXTURES}/localhost.pem` };
  for (const node of nodeBinaries()) {
    reports.set(node.version, runForJson('rtt.mjs', { node, env }) as Promise<Report>);
  }
  await Promise.allSettled(reports.values());
});

describe.each(nodeBinaries())('round trips on Node $version', ({ version }) => {
  const report = async () => (await reports.get(version))!;
  const called = async (name: string, client: string) => (await report()).cases[name]![client]!;

  describe.each(CASES)('%s', (name, clients, count) => {
    it.each(clients)('%s', async (client) => {
      const { rtt, totalMs, inside } = await called(name, client);
      const { partMs } = await report();
      expect(rtt.count).toBe(count);
      if (inside) {
        // Calls one after the other, so their round trips fit into the total side by side.
        expect(rtt.ms).toBeGreaterThan(count * (partMs - SLACK_MS));
        expect(rtt.ms).toBeLessThan(totalMs);
      } else {
        expect(rtt.ms).toBeLessThan(totalMs - partMs + SLACK_MS);
      }
    });
  });

  it.each(ALL)('%s: a handshake of TCP is measured, that of TLS not', async (client) => {
    const { connect, totalMs } = await called('tls handshake', client);
    const { partMs } = await report();
    expect(connect.count).toBe(1);
    expect(connect.ms).toBeLessThan(totalMs - partMs + SLACK_MS);
  });

  it('measures one handshake for all requests on a kept-alive connection', async () => {
    // undici may open a second one, for a call made before the first is free again.
    expect((await called('late, kept alive', 'http')).connect.count).toBe(1);
  });

  it('takes the time a server says it worked off the network delay', async () => {
    for (const [header, { rtt, delay, expectedMs }] of Object.entries((await report()).timings)) {
      const replies = expectedMs === undefined ? 0 : ALL.length;
      expect(delay.count, header).toBe(replies);
      if (expectedMs === undefined) continue;
      expect(delay.ms, header).toBeCloseTo(rtt.ms - replies * expectedMs, 6);
    }
  });
});
