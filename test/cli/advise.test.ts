import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { adviceTable } from '../../src/cli/advise.ts';
import { PeerTable } from '../../src/peers/peer-table.ts';
import { type TimeoutsReport, timeoutsReportSchema } from '../../src/report.ts';
import { encodeSnapshot, takeSnapshot } from '../../src/state/snapshot.ts';
import { Estimator } from '../../src/timeout/estimator.ts';
import { fakeContext, REPORT, tardy } from './support.ts';

/** What was asked of the network, and what it answers. */
function stubFetch(answer: () => Response | Promise<Response>): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url);
    return Promise.resolve().then(answer);
  });
  return asked;
}

const json =
  (body: unknown, status = 200) =>
  () =>
    Response.json(body, { status });

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the table of advice', () => {
  const at = (columns: number | undefined, verbose: boolean, coloured = false) => {
    const world = columns === undefined ? {} : { terminal: { columns, rows: 24 } };
    return adviceTable(REPORT.timeouts, verbose, fakeContext(world, false, coloured).context);
  };

  it.each([
    ['in a pipe', 'pipe', undefined, false],
    ['in a pipe, with reasons', 'pipe-verbose', undefined, true],
    ['on 100 columns', '100', 100, false],
    ['on 80 columns, with reasons', '80-verbose', 80, true],
    ['on 60 columns', '60', 60, false],
  ])('%s', async (_, name, columns, verbose) => {
    const text = at(columns, verbose);
    await expect(text).toMatchFileSnapshot(`golden/advise-${name}.txt`);
    const widest = Math.max(...text.split('\n').map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(columns ?? Infinity);
  });

  it('says in colour nothing that it does not say in words', async () => {
    await expect(at(undefined, false, true)).toMatchFileSnapshot('golden/advise-coloured.txt');
  });
});

describe('advise from a node', () => {
  it('prints what the node knows, sorted by peer and route', async () => {
    const asked = stubFetch(json(REPORT));
    const { code, out, err } = await tardy(['advise']);
    expect(asked).toEqual(['http://localhost:3000/tardy/timeouts']);
    expect(code).toBe(0);
    expect(err).toBe('from gateway/4242, 2026-03-01T12:00:00.000Z\n');
    expect(out.split('\n').map((line) => line.split(/ {2}/)[0])).toEqual([
      'PEER',
      ...['[2001:db8::17]:9443', 'db:5432', 'users.internal:8080', 'users.internal:8080', ''],
    ]);
  });

  it.each([
    [['--url', 'http://a:1/tardy'], {}, 'http://a:1/tardy/timeouts'],
    [['--url', 'http://a:1/tardy/'], {}, 'http://a:1/tardy/timeouts'],
    [['--url', 'http://a:1/tardy/timeouts'], {}, 'http://a:1/tardy/timeouts'],
    [['--url', 'https://a?x=1#y'], {}, 'https://a/timeouts'],
    [[], { TARDY_URL: 'http://b:2/t' }, 'http://b:2/t/timeouts'],
    [[], { TARDY_URL: '' }, 'http://localhost:3000/tardy/timeouts'],
    [['--url', 'http://a:1'], { TARDY_URL: 'http://b:2/t' }, 'http://a:1/timeouts'],
  ])('asks at %j %j', async (words, env, url) => {
    const asked = stubFetch(json(REPORT));
    await tardy(['advise', ...words], { env });
    expect(asked).toEqual([url]);
  });

  it('prints one peer, one route', async () => {
    stubFetch(json(REPORT));
    const words = ['--peer', 'users.internal:8080', '--route', 'POST /users'];
    const { code, out } = await tardy(['advise', ...words]);
    expect(code).toBe(0);
    expect(out.split('\n')).toHaveLength(3);
    expect(out).toContain('1.86 s');
  });

  it('prints nothing but the report with --json', async () => {
    stubFetch(json(REPORT));
    const { out, err } = await tardy(['advise', '--json', '--peer', 'db:5432']);
    const report = timeoutsReportSchema.parse(JSON.parse(out));
    expect(report.timeouts).toEqual([JSON.parse(JSON.stringify(REPORT.timeouts[3]))]);
    expect(err).toBe('');
  });

  it.each([
    [['--peer', 'users.intrenal:8080'], 'did you mean users.internal:8080?'],
    [['--peer', 'nowhere:1'], 'known are users.internal:8080, [2001:db8::17]:9443, db:5432'],
    [['--peer', 'db:5432', '--route', 'GET /helth'], 'did you mean GET /health?'],
    [['--route', 'DELETE /everything/there/is'], 'is not known; known are GET /users/:id, POST'],
  ])('ends with 1 for what it does not know: %j', async (words, message) => {
    stubFetch(json(REPORT));
    const { code, out, err } = await tardy(['advise', ...words]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(message);
  });

  it('ends with 1 if nothing is known, and says so in JSON too', async () => {
    const empty: TimeoutsReport = { ...REPORT, timeouts: [] };
    stubFetch(json(empty));
    const { code, out, err } = await tardy(['advise', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual(empty);
    expect(err).toContain('nothing is known');
  });

  it.each<[string, () => Response | Promise<Response>, string]>([
    ['404', json({}, 404), 'it answered 404'],
    ['text', () => new Response('<html>'), 'is no JSON: "<html>"'],
    ['another report', json({ status: 'ok' }), 'is no report of tardy'],
    ['a refusal', () => Promise.reject(refused()), 'nobody listens there (ECONNREFUSED)'],
    [
      'silence',
      () => Promise.reject(new DOMException('slow', 'TimeoutError')),
      'no answer within 5 s',
    ],
    ['a flood', () => new Response(new Uint8Array(33 * 1024 * 1024)), 'longer than 33554432 bytes'],
  ])('ends with 3 on %s, and says what was tried and what to do', async (_, answer, why) => {
    stubFetch(answer);
    const { code, out, err } = await tardy(['advise', '--url', 'http://a:1/t']);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain('cannot get http://a:1/t/timeouts: ');
    expect(err).toContain(why);
    expect(err).toContain('--url or TARDY_URL');
  });

  it.each([['localhost:3000'], ['ftp://a/'], ['/tardy']])('refuses the URL %s', async (url) => {
    const { code, err } = await tardy(['advise', '--url', url]);
    expect(code).toBe(2);
    expect(err).toContain('the URL must be absolute, such as http://localhost:3000/tardy');
  });

  it('is quiet when interrupted', async () => {
    stubFetch(() => Promise.reject(new DOMException('aborted', 'AbortError')));
    const ran = await tardy(['advise'], { signal: AbortSignal.abort() });
    expect(ran).toEqual({ code: 130, out: '', err: '' });
  });
});

function refused(): Error {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  return new TypeError('fetch failed', { cause: new AggregateError([cause]) });
}

describe('advise from a state file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tardy-cli-'));
  const path = join(folder, 'tardy.state');
  const WRITTEN_AT_MS = Date.UTC(2026, 2, 1, 12);

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** A state file of a node with a window of an hour, whose last reply is 20 minutes old. */
  function stateText(): string {
    const limits = { maxPeers: 10, maxRoutesPerPeer: 10, maxHistograms: 10, maxSeries: 100 };
    const table = new PeerTable(limits, () => new Estimator({ windowMs: 3_600_000 }));
    const peer = table.byOrigin('http://db:5432', 0)!;
    const { estimator } = table.namedRoute(peer, 'GET /items/:id', 0);
    for (let i = 0; i < 100; i++) {
      estimator.observe({ atMs: i * 100, durationMs: 10 + (i % 10), outcome: 'completed' });
    }
    return encodeSnapshot(takeSnapshot(table, 1_200_000, WRITTEN_AT_MS));
  }

  it('advises as of when it was written, whatever our own window', async () => {
    writeFileSync(path, stateText());
    const { code, out, err } = await tardy(['advise', '--state', path]);
    expect(code).toBe(0);
    expect(err).toBe(`from state file ${path}, 2026-03-01T12:00:00.000Z\n`);
    expect(out).toMatch(
      /^db:5432 +GET \/items\/:id +100 +14\S* ms +19\S* ms +(2|3)\d\S* ms +extra/m,
    );
  });

  it('reads the settings that are not in it from the environment', async () => {
    writeFileSync(path, stateText());
    const env = { TARDY_TARGET_RATE: '0.1' };
    const { out } = await tardy(['advise', '--state', path, '--json'], { env });
    const [entry] = timeoutsReportSchema.parse(JSON.parse(out)).timeouts;
    expect(entry?.advice).toMatchObject({ targetRate: 0.1, basis: 'measured' });
  });

  it('refuses settings that make no sense', async () => {
    writeFileSync(path, stateText());
    const env = { TARDY_TARGET_RATE: '2' };
    const { code, err } = await tardy(['advise', '--state', path], { env });
    expect(code).toBe(2);
    expect(err).toContain('TARDY_TARGET_RATE');
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, -10), 'it is cut off or has grown'],
    ['changed', (text: string) => text.replace('/items', '/itens'), 'it is damaged'],
    ['another file', () => '{"not": "ours"}', 'it is no state file of tardy'],
    ['an empty file', () => '', 'it is no state file of tardy'],
  ])('ends with 3 for one that is %s', async (_, spoil, message) => {
    writeFileSync(path, spoil(stateText()));
    const { code, out, err } = await tardy(['advise', '--state', path]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain(`tardy advise: cannot read ${path}: ${message}`);
  });

  it.each([
    ['no-such-file', 'no such file'],
    ['.', 'it is a folder'],
  ])('ends with 3 for %s', async (name, message) => {
    const { code, err } = await tardy(['advise', '--state', join(folder, name)]);
    expect(code).toBe(3);
    expect(err).toContain(message);
  });

  it('does not guess which of two sources was meant', async () => {
    const { code, err } = await tardy(['advise', '--state', path, '--url', 'http://a:1']);
    expect(code).toBe(2);
    expect(err).toContain('--url and --state exclude each other');
  });
});
