/**
 * Every way in which a request can end, with five clients on every Node.js line: what Tardy calls
 * it, and what its round trip counts as.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeBinaries } from '../support/capabilities.ts';
import { runForJson } from '../support/e2e-program.ts';

const CLIENTS = ['fetch', 'undici', 'http', 'axios', 'got'] as const;
type Client = (typeof CLIENTS)[number];

interface Row {
  readonly requests: number;
  readonly endings: Readonly<Record<string, number>>;
  /** Round trips by outcome: nothing before a request is written, or where it says nothing. */
  readonly rtt: Readonly<Record<string, number>>;
}
type Cell = Row | 'left out' | 'cannot';

interface Report {
  readonly table: Readonly<Record<string, Readonly<Record<Client, Cell>>>>;
  /** Of requests that nobody answers: whether their age was seen to grow. */
  readonly growing: readonly Readonly<Record<Client, boolean>>[];
  /** Shortest round trip of a request that got early hints, and its reply 80 ms later. */
  readonly earlyMs: number;
  readonly errors: number;
}

const row = (requests: number, endings: Row['endings'], rtt: Row['rtt'] = {}): Row => ({
  requests,
  endings,
  rtt,
});
const completed = (requests: number) =>
  row(requests, { completed: requests }, { completed: requests });
const TRUNCATED = row(1, { truncated: 1 }, { completed: 1 });
const TIMED_OUT = row(1, { 'timed-out': 1 }, { 'timed-out': 1 });
const NEVER_WRITTEN = row(1, { 'timed-out': 1 });
const CANCELLED = row(1, { cancelled: 1 }, { cancelled: 1 });
const CANCELLED_IN_BODY = row(1, { cancelled: 1 }, { completed: 1 });
const RESET = row(1, { reset: 1 }, { failed: 1 });

/** What each case comes to; clients that differ from `all`, and why. */
const EXPECTED: Readonly<Record<string, { all: Cell } & Partial<Record<Client, Cell>>>> = {
  completed: { all: completed(1) },
  'error status': { all: completed(1) },
  'no content': { all: completed(1) },
  'virtual host': { all: completed(1) },
  'virtual host, refused': { all: row(1, { refused: 1 }) },
  truncated: { all: TRUNCATED },
  'truncated chunks': { all: TRUNCATED },
  'truncated by reset': { all: TRUNCATED },
  // got destroys its request and keeps the signal's reason to itself.
  'timeout by signal': { all: TIMED_OUT, got: CANCELLED },
  // fetch has no timeout of its own.
  'timeout of the client': { all: TIMED_OUT, fetch: 'cannot' },
  // After the headers, undici says no more than that its body was aborted; got as above.
  'timeout in the body': {
    all: row(1, { 'timed-out': 1 }, { completed: 1 }),
    undici: CANCELLED_IN_BODY,
    got: CANCELLED_IN_BODY,
  },
  cancelled: { all: CANCELLED },
  'cancelled for a reason': { all: CANCELLED },
  refused: { all: row(1, { refused: 1 }) },
  reset: { all: RESET },
  'closed without a reply': { all: RESET },
  'stale keep-alive': { all: row(2, { completed: 1, 'stale-reset': 1 }, { completed: 1 }) },
  dns: { all: row(1, { dns: 1 }) },
  'tls, untrusted': { all: row(1, { tls: 1 }) },
  'tls, plain port': { all: row(1, { tls: 1 }) },
  // Known for a stream by its reply: it was a request, but tells nothing.
  'event stream': { all: row(1, {}) },
  'event stream asked for': { all: 'left out' },
  'long poll asked for': { all: 'left out' },
  upgrade: { all: 'left out' },
  early: { all: completed(1) },
  // One exchange a hop, one an attempt, where the client itself follows or tries again.
  redirect: { all: completed(2), http: 'cannot' },
  retry: { all: 'cannot', undici: completed(2), got: completed(2) },
  'black hole': { all: NEVER_WRITTEN },
  'tls, silent': { all: NEVER_WRITTEN },
};

// All versions at once: most of the time is waiting for built-in fetch, which tries to connect
// for ten seconds whatever its caller says.
const reports = new Map<string, Promise<Report>>();

beforeAll(async () => {
  for (const node of nodeBinaries()) {
    reports.set(node.version, runForJson('endings.mjs', { node }) as Promise<Report>);
  }
  await Promise.allSettled(reports.values());
});

describe.each(nodeBinaries())('endings on Node $version', ({ version }) => {
  const report = async () => (await reports.get(version))!;

  it.each(Object.entries(EXPECTED))('%s', async (name, { all, ...others }) => {
    const expected = Object.fromEntries(CLIENTS.map((client) => [client, others[client] ?? all]));
    expect((await report()).table[name]).toEqual(expected);
  });

  it('names every case that was run', async () => {
    expect(Object.keys((await report()).table).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it('shows the growing age of a request that nobody answers', async () => {
    const all = Object.fromEntries(CLIENTS.map((client) => [client, true]));
    expect((await report()).growing).toEqual([all, all]);
  });

  it('measures to the reply, not to the early hints before it', async () => {
    expect((await report()).earlyMs).toBeGreaterThan(75);
  });

  it('has no failure of its own', async () => {
    expect((await report()).errors).toBe(0);
  });
});
