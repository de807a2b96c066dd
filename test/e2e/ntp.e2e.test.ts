/** Our clients of time against real chronyds: right, skewed, and lying. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Chrony } from '../../collectors/chrony.ts';
import { NtpConnection } from '../../collectors/ntp/connection.ts';
import { parseNtpServer } from '../../collectors/ntp/server-name.ts';
import { startTimeSources } from '../../collectors/time-sources.ts';
import { intersect } from '../../src/clock/intersection.ts';
import type { OffsetBounds, WallOffset } from '../../src/clock/types.ts';
import { WallBase } from '../../src/clock/wall-base.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { clientOf, STEADY_BASE_MS } from '../collectors/ntp/support.ts';
import { type Chronyd, startChronyd } from '../support/chronyd.ts';
import { hasDebianTool } from '../support/debian.ts';
import { until } from '../support/e2e-wait.ts';
import { ROOT } from '../support/node-versions.ts';

const hasChrony = hasDebianTool('chrony');
const hasFaketime = hasChrony && hasDebianTool('libfaketime');
/** What a clock that is 100 ppm fast gains in 50 s. */
const SINCE_START_MS = 5;

/** Our wall clock, which is also that of a chronyd here, by some thousand looks at it. */
function wallBase(): WallOffset {
  const wall = new WallBase();
  for (let i = 0; i < 5000; i++) {
    const beforeMs = performance.now();
    const wallMs = Date.now();
    wall.read({ beforeMs, wallMs, afterMs: performance.now() });
  }
  return wall.at(performance.now())!;
}

/** Where the truth lies for a server that is ahead of our wall clock by so much. */
function truth(aheadMs: number, withinMs = 0): OffsetBounds {
  const { baseMs, errorMs } = wallBase();
  const offsetMs = baseMs - STEADY_BASE_MS + aheadMs;
  return { lowMs: offsetMs - errorMs, highMs: offsetMs + errorMs + withinMs };
}

function expectToMeet(bounds: OffsetBounds | undefined, other: OffsetBounds): void {
  expect(bounds).toBeDefined();
  expect(bounds!.lowMs).toBeLessThanOrEqual(other.highMs);
  expect(bounds!.highMs).toBeGreaterThanOrEqual(other.lowMs);
}

async function running(options?: Parameters<typeof startChronyd>[0]): Promise<Chronyd> {
  const chronyd = await startChronyd(options);
  onTestFinished(() => chronyd.stop());
  return chronyd;
}

describe.skipIf(!hasChrony)('an NTP client of chronyd', () => {
  it('knows bounds that hold the truth', async () => {
    const { port } = await running();
    const { client, events } = clientOf(port, { timeoutMs: 1000 });
    for (let i = 0; i < 5; i++) {
      await client.poll();
      const reading = client.reading(performance.now());
      expect(reading).toMatchObject({ leap: 'none', stratum: 8 });
      expectToMeet(reading.offset, truth(0));
    }
    expect([events, client.refusals.size]).toEqual([[], 0]);
  });

  it('finds it by its name', async () => {
    const { port } = await running();
    const server = parseNtpServer(`localhost:${port}`);
    const { client } = clientOf(port, { server, timeoutMs: 1000 });
    await client.poll();
    expectToMeet(client.reading(performance.now()).offset, truth(0));
  });

  it('takes an answer that came while we stood still', async () => {
    const { port } = await running();
    const connection = await NtpConnection.open({
      ...{ address: '127.0.0.1', port, steadyBaseMs: STEADY_BASE_MS, timeoutMs: 20 },
      ...{ diagnostics: new Diagnostics(), onRefusal: () => undefined },
    });
    onTestFinished(() => connection.close());
    const keepAlive = setInterval(() => undefined, 1000);
    const asked = connection.ask();
    const untilMs = performance.now() + 60;
    while (performance.now() < untilMs); // past the time-out
    expect(await asked).toMatchObject({ kind: 'answered' });
    clearInterval(keepAlive);
  });

  it('says that a chronyd without a source is not synchronised', async () => {
    const { port } = await running({ config: [] });
    const { client } = clientOf(port, { timeoutMs: 1000 });
    await client.poll();
    expect(Object.fromEntries(client.refusals)).toEqual({ unsynchronised: 1 });
  });

  it('does not keep a process alive', async () => {
    const { port, commandPort } = await running();
    const program = `
      const { startTimeSources } = await import('${ROOT}/collectors/time-sources.ts');
      const { Diagnostics } = await import('${ROOT}/src/telemetry/diagnostics.ts');
      startTimeSources({
        ntpServers: ['127.0.0.1:${port}'], chrony: true, chronyPort: ${commandPort},
        steadyBaseMs: 0, wallBase: () => ({ baseMs: 0, errorMs: 0 }), diagnostics: new Diagnostics(),
      });
      console.log('started');
    `;
    const args = ['--input-type=module', '-e', program];
    const ended = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
    expect(ended).toMatchObject({ status: 0, signal: null, stdout: 'started\n' });
  });
});

describe.skipIf(!hasFaketime)('an NTP client of a chronyd with another time', () => {
  it('knows how far it is ahead', async () => {
    const { port } = await running({ faketime: '+10 x1.0001' });
    const { client } = clientOf(port, { timeoutMs: 1000 });
    await client.poll();
    const { offset } = client.reading(performance.now());
    expectToMeet(offset, truth(10_000, SINCE_START_MS));
    expect(offset!.highMs - offset!.lowMs).toBeLessThan(1000);
  });

  it('refuses what was held for longer than the exchange took', async () => {
    const { port } = await running({ faketime: '+0.5' });
    const { client, events } = clientOf(port, { timeoutMs: 1000 });
    await client.poll();
    expect(client.reading(performance.now()).offset).toBeUndefined();
    expect(events).toMatchObject([{ type: 'source-refused', reason: 'negative-delay' }]);
  });
});

describe.skipIf(!hasFaketime)('the chronyd of this machine', () => {
  it.each([10, -10])('says where true time is: %i s ahead', async (aheadS) => {
    const upstream = await running({ faketime: `${aheadS > 0 ? '+' : ''}${aheadS}` });
    const server = `server 127.0.0.1 port ${upstream.port} iburst minpoll -2 maxpoll -2`;
    const chronyd = await running({ config: [server] });
    const diagnostics = new Diagnostics();
    const options = { port: chronyd.commandPort, steadyBaseMs: STEADY_BASE_MS, wallBase };
    const chrony = new Chrony({ ...options, diagnostics });
    onTestFinished(() => chrony.stop());
    const offset = await until(async () => {
      await chrony.poll();
      return chrony.reading(performance.now()).offset;
    }, 'chronyd to be synchronised');
    const { lowMs, highMs } = truth(aheadS * 1000);
    expectToMeet(offset, { lowMs, highMs });
    // What chronyc shows, a moment later.
    const [, , stratum, , correctionS] = chronyd.tracking();
    expect(chrony.reading(performance.now()).stratum).toBe(Number(stratum));
    const ours = offset.offsetMs - (lowMs + highMs) / 2 + aheadS * 1000;
    expect(Math.abs(ours - Number(correctionS) * 1000)).toBeLessThan(10);
  });
});

describe.skipIf(!hasFaketime)('four servers, one of them 10 s off', () => {
  let servers: Chronyd[];
  beforeAll(async () => {
    const honest = Array.from({ length: 3 }, () => startChronyd());
    servers = await Promise.all([startChronyd({ faketime: '+10 x1.0001' }), ...honest]);
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  it('agree on the truth, and the liar is named', async () => {
    const sources = startTimeSources({
      ...{ ntpServers: servers.map(({ port }) => `127.0.0.1:${port}`) },
      ...{ chrony: false, clockbound: false, wallBase, steadyBaseMs: STEADY_BASE_MS },
      diagnostics: new Diagnostics(),
    });
    onTestFinished(() => sources.stop());
    const read = () =>
      sources
        .readings(performance.now())
        .flatMap(({ name, offset }) => (offset ? [{ name, bounds: offset }] : []));
    const readings = await until(() => read().length === 4 && read(), 'all four to answer');
    const { bounds, truechimers, falsetickers } = intersect(readings);
    const [liar, ...honest] = servers.map(({ port }) => `ntp:127.0.0.1:${port}`);
    expect(falsetickers).toEqual([liar]);
    expect(truechimers).toEqual(honest);
    expectToMeet(bounds, truth(0));
    expect(bounds!.highMs - bounds!.lowMs).toBeLessThan(1000);
  });
});
