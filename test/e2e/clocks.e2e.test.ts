/** Whose clock is wrong: three processes, one of which libfaketime shows another time. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type ClockReport, clockReportSchema, pausesReportSchema } from '../../src/clock-report.ts';
import { hasPrometheus } from '../support/capabilities.ts';
import { hasDebianTool, LIBFAKETIME } from '../support/debian.ts';
import {
  type LiveNode,
  makeGroup,
  PATIENCE_MS,
  SECRET,
  startGroup,
} from '../support/e2e-liveness.ts';
import { promtoolComplaints } from '../support/e2e-prometheus.ts';

const TEST_MS = 4 * PATIENCE_MS;
const AHEAD_MS = 10_000;
const NAMES = ['a', 'b', 'c'];
const FAKE = { LD_PRELOAD: LIBFAKETIME, FAKETIME_DONT_FAKE_MONOTONIC: '1' };

type Three = readonly [LiveNode, LiveNode, LiveNode];

/** `c` lives in another time. */
async function threeOf(env: Readonly<Record<string, string>>): Promise<Three> {
  const nodes = await makeGroup({
    ...{ names: NAMES, secret: SECRET },
    env: (name) => (name === 'c' ? { ...FAKE, ...env } : undefined),
    settings: () => ({ localTime: false }),
  });
  onTestFinished(() => nodes.forEach((node) => node.kill()));
  await Promise.all(nodes.map((node) => node.start()));
  return nodes as unknown as Three;
}

/** What it says under a path; the schema knows all of it, and nothing is null. */
async function reportOf<T>(node: LiveNode, path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await (await fetch(`${node.url}/tardy${path}`)).text();
  expect(text).not.toContain('null');
  const report = schema.parse(JSON.parse(text));
  expect(report).toEqual(JSON.parse(text));
  return report;
}

const clockOf = (node: LiveNode) => reportOf(node, '/clock', clockReportSchema);

/** Waits until it knows the clocks of both others. */
async function knowsBoth(node: LiveNode): Promise<ClockReport> {
  await node.sees(async () => (await clockOf(node)).peers.length === 2, 'know both clocks');
  return clockOf(node);
}

/** The machine has one clock, so the truth is known. */
function expectAhead({ peers }: ClockReport, name: string, aheadMs: number): void {
  const { lowMs, highMs } = peers.find(({ peer }) => peer === name)!;
  expect(lowMs).toBeLessThanOrEqual(aheadMs);
  expect(highMs).toBeGreaterThanOrEqual(aheadMs);
}

async function expectKnown(observer: LiveNode, otherName: string): Promise<void> {
  await observer.calls('c', ['clock-out']);
  await observer.holds(otherName, ['alive']);
  const report = await knowsBoth(observer);
  expect(report).toMatchObject({ source: 'none', outliers: ['c'], agrees: true });
  expectAhead(report, 'c', AHEAD_MS);
  expectAhead(report, otherName, 0);
  const c = report.peers.find(({ peer }) => peer === 'c')!;
  expect(c).toMatchObject({ source: 'heartbeat', verdict: 'out' });
  expect([...c.outBy].sort()).toEqual(['a', 'b']);
}

async function checkMetrics(node: LiveNode): Promise<void> {
  const page = await (await fetch(`${node.url}/tardy/metrics`)).text();
  expect(promtoolComplaints(page)).toEqual([]);
  const of = (name: string, bound = '') =>
    page
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes('peer="c"'))
      .filter((line) => line.includes(bound))
      .map((line) => Number(line.split(' ').at(-1)));
  const [low] = of('tardy_clock_offset_bound', 'bound="low"');
  const [high] = of('tardy_clock_offset_bound', 'bound="high"');
  expect(low).toBeLessThanOrEqual(AHEAD_MS / 1000);
  expect(high).toBeGreaterThanOrEqual(AHEAD_MS / 1000);
  expect(of('tardy_peer_state', 'state="clock-out"')).toEqual([1]);
  expect(of('tardy_clock_steps_total')).toEqual([0]);
}

describe.skipIf(!hasDebianTool('libfaketime'))('a node whose clock is ten seconds ahead', () => {
  it(
    'is called clock-out by both others, and is told',
    async () => {
      const [a, b, c] = await threeOf({ FAKETIME: `+${AHEAD_MS / 1000}s` });
      await expectKnown(a, 'b');
      await expectKnown(b, 'a');
      await c.sees(() => c.ofType('self-clock-out').length > 0, 'be told');
      const [told, ...more] = c.ofType('self-clock-out');
      expect(told).toMatchObject({ out: true, assigned: 2 });
      expect([...told!.by].sort()).toEqual(['a', 'b']);
      expect(more).toEqual([]);
      expect((await clockOf(c)).outliers).toEqual(['this node']);
      for (const name of ['a', 'b']) {
        expectAhead(await clockOf(c), name, -AHEAD_MS);
        expect(c.states(name)).not.toContain('clock-out');
      }
      for (const node of [a, b]) expect(node.ofType('self-clock-out')).toEqual([]);
      if (hasPrometheus()) await checkMetrics(a);
    },
    TEST_MS,
  );

  it(
    'is alive again once it is set right, which all of them notice',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tardy-clocks-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const file = join(folder, 'faketime');
      await writeFile(file, `+${AHEAD_MS / 1000}s\n`);
      const env = { FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' };
      const [a, b, c] = await threeOf(env);
      for (const node of [a, b]) await node.calls('c', ['clock-out']);
      await c.sees(() => c.ofType('self-clock-out').length > 0, 'be told');
      const marks = [a, b].map((node) => [node, node.mark()] as const);
      await writeFile(file, '+0s\n');
      for (const [node, mark] of marks) {
        await node.calls('c', ['alive'], mark);
        const seen = () => node.ofType('clock-step', mark);
        await node.sees(() => seen().length > 0, 'see the step');
        const steps = seen();
        expect(steps).toMatchObject([{ peer: 'c' }]);
        const { byMs, errorMs } = steps[0]!;
        expect(Math.abs(byMs + AHEAD_MS)).toBeLessThanOrEqual(errorMs);
        expectAhead(await clockOf(node), 'c', 0);
      }
      await c.sees(() => c.ofType('self-clock-out').length > 1, 'be told again');
      expect(c.ofType('self-clock-out').map(({ out }) => out)).toEqual([true, false]);
      const [own, ...others] = c.ofType('wall-step');
      expect(Math.abs(own!.byMs + AHEAD_MS)).toBeLessThanOrEqual(own!.errorMs);
      expect(others).toEqual([]);
      expect(c.ofType('clock-step')).toEqual([]);
    },
    TEST_MS,
  );
});

describe('nodes on one machine', () => {
  it(
    'know one another within what is possible, and tell so under /clock and /pauses',
    async () => {
      const [a] = (await startGroup({
        ...{ names: NAMES, secret: SECRET },
        settings: () => ({ localTime: false }),
      })) as unknown as Three;
      const report = await knowsBoth(a);
      expect(report).toMatchObject({ outliers: [], agrees: true, sources: [] });
      for (const name of ['b', 'c']) expectAhead(report, name, 0);
      await a.tell('block?ms=300');
      const pauses = () => reportOf(a, '/pauses', pausesReportSchema);
      await a.sees(async () => (await pauses()).pauses.length > 0, 'tell of a pause');
      expect(Object.values((await pauses()).loopDelayMs).every(Number.isFinite)).toBe(true);
    },
    TEST_MS,
  );
});
