/**
 * Timeouts applied to the built-in fetch, npm undici and node:http on every Node.js line: each has
 * another undici inside, with other handlers and another global dispatcher.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeBinaries } from '../support/capabilities.ts';
import { runForJson } from '../support/e2e-program.ts';

const CLIENTS = [
  ...['first fetch', 'later fetch', 'fetch of a Request', 'enforced fetch'],
  ...['fetch through a global dispatcher', 'undici', 'node:http'],
];

interface Report {
  readonly cases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Names of the errors that undici told its channels when no reply came. */
  readonly reasons: readonly string[];
  readonly unhandled: number;
}

const EXPECTED: Readonly<Record<string, { all: string } & Readonly<Record<string, string>>>> = {
  reply: { all: 'ok' },
  'no reply': { all: 'TimeoutError response' },
  // Whoever cannot see a request being written cannot tell which of the two is missing.
  'no connection': { all: 'TimeoutError connect', 'fetch of a Request': 'TimeoutError response' },
  'slow body': { all: 'ab' },
  upload: { all: 'TimeoutError response' },
  refused: { all: 'ECONNREFUSED' },
  cancelled: { all: 'no longer wanted' },
};

const reports = new Map<string, Promise<Report>>();

beforeAll(async () => {
  for (const node of nodeBinaries()) {
    reports.set(node.version, runForJson('apply-calls.mjs', { node }) as Promise<Report>);
  }
  await Promise.allSettled(reports.values());
});

describe.each(nodeBinaries())('timeouts applied on Node $version', ({ version }) => {
  const report = async () => (await reports.get(version))!;

  it.each(Object.entries(EXPECTED))('%s', async (name, { all, ...others }) => {
    const expected = Object.fromEntries(CLIENTS.map((client) => [client, others[client] ?? all]));
    expect((await report()).cases[name]).toEqual(expected);
  });

  it('tells the collectors that it was a timeout', async () => {
    expect((await report()).reasons).toEqual(['TimeoutError']);
  });

  it('leaves no rejection unhandled', async () => {
    expect((await report()).unhandled).toBe(0);
  });
});
