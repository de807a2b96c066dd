/** What a hostile or merely odd world sends: bounded, labelled, and none of it in the host's way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Samples, scrape, valuesOf } from '../support/e2e-exposition.ts';
import { launchProgram, type Program, runForJson } from '../support/e2e-program.ts';

interface Report {
  /** How requests of fetch, undici and node:http ended, by what the server replied. */
  readonly odd: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Requests on each route of the peer that was called under 10,000 paths and 4 names. */
  readonly routes: readonly number[];
  readonly peers: number;
  /** Heap in use after 5,000 peers and after 35,000. */
  readonly beforeMiB: number;
  readonly afterMiB: number;
  readonly uncaught: number;
  readonly errors: readonly number[];
  readonly metricsPort: number;
}

/** When 5,000 more peers have come, and all before them had been idle for long enough to go. */
type Later = Pick<Report, 'peers' | 'uncaught' | 'errors'>;

let app: Program;
let report: Report;
let samples: Samples;
let later: Later;
let laterSamples: Samples;

beforeAll(async () => {
  app = launchProgram('hostile.mjs', { nodeArgs: ['--expose-gc'] });
  report = JSON.parse(await app.said(/\{.*\}\n/, 'stdout', 50_000)) as Report;
  const metrics = `http://localhost:${report.metricsPort}/metrics`;
  samples = await scrape(metrics);
  app.send('more');
  later = JSON.parse(await app.said(/\}\n(\{.*\})\n/, 'stdout', 50_000)) as Later;
  laterSamples = await scrape(metrics);
}, 120_000);
afterAll(() => app.stop());

describe('odd replies', () => {
  // fetch takes headers of 16 KiB at most; the others were told to take more.
  const TOO_LONG_FOR_FETCH = { failed: 1, completed: 2 };

  it.each([
    ['header of 64 KiB', TOO_LONG_FOR_FETCH],
    ['timing of 64 KiB', TOO_LONG_FOR_FETCH],
    ['timing of blanks', TOO_LONG_FOR_FETCH],
    ['timings of all kinds', { completed: 3 }],
    ['bytes above ASCII', { completed: 3 }],
    ['no HTTP', { failed: 3 }],
    ['nothing', { reset: 3 }],
    ['status 99999', { failed: 3 }],
    ['chunks that are none', { truncated: 3 }],
  ])('%s', (name, endings) => {
    expect(report.odd[name]).toEqual(endings);
  });
});

describe('floods', () => {
  it('keep to the bounds of 64 routes a peer and 1,024 peers, and the rest', () => {
    expect(report.routes).toHaveLength(64 + 1);
    expect(sum(report.routes)).toBe(10_000 + 4);
    expect(report.peers).toBe(1024 + 1);
    expect(later.peers).toBe(1024 + 1);
    expect(valuesOf(samples('tardy_client_rtt_count'), 'peer')).toContain('_other');
  });

  it('leave the heap as it is', () => {
    // All tables are full before; what is left is the noise of two collections. Any leak of a few
    // hundred bytes a peer would show as ten times this.
    expect(report.afterMiB - report.beforeMiB).toBeLessThan(2);
  });

  it('export no more series than 20,000, and every line of them can be read', () => {
    for (const all of [samples, laterSamples]) {
      expect(all('tardy_self_series')[0]!.value).toBeLessThanOrEqual(20_000);
      expect(all('tardy_client_rtt_bucket').length).toBeLessThanOrEqual(20_000);
    }
  });

  it('leave room for histograms of those who are there now', () => {
    const namedPeers = (all: Samples) => valuesOf(all('tardy_client_rtt_count'), 'peer').length;
    expect(namedPeers(samples)).toBeGreaterThan(100);
    expect(namedPeers(laterSamples)).toBeGreaterThan(100);
  });
});

describe('the host', () => {
  it('is thrown nothing', () => {
    expect([report.uncaught, later.uncaught]).toEqual([0, 0]);
    expect(app.stderr()).toBe('');
  });

  it('has a Tardy without failures', () => {
    expect([report.errors, later.errors]).toEqual([[0], [0]]);
  });

  it('may give names of every kind to its routes', async () => {
    const { report: hooks, uncaught } = (await runForJson('hooks.mjs')) as Hooks;
    expect(uncaught).toBe(0);
    for (const [name, { bodies, inFlight }] of Object.entries(hooks)) {
      expect([name, bodies, inFlight]).toEqual([name, ['ok', 'ok'], 0]);
    }
    expect(hooks.throws!.errors).toBeGreaterThan(0);
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

interface Hooks {
  readonly report: Readonly<
    Record<
      string,
      { readonly bodies: string[]; readonly inFlight: number; readonly errors: number }
    >
  >;
  readonly uncaught: number;
}
