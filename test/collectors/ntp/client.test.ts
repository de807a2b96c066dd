import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { NtpClient, type NtpClientOptions } from '../../../collectors/ntp/client.ts';
import { parseNtpServer } from '../../../collectors/ntp/server-name.ts';
import { Diagnostics } from '../../../src/telemetry/diagnostics.ts';
import { clientOf, fakeServer, goodAnswer, packet, STEADY_BASE_MS } from './support.ts';

describe('a client of a good server', () => {
  it('knows bounds of true time, the first time from 8 questions and then from 4', async () => {
    const server = await fakeServer((cookie) => [goodAnswer(cookie)]);
    const { client, events } = clientOf(server.port);
    expect(client.reading(performance.now())).toMatchObject({ offset: undefined });
    await client.poll();
    expect(server.questions).toHaveLength(8);
    await client.poll();
    expect(server.questions).toHaveLength(12);
    const reading = client.reading(performance.now());
    expect(reading).toMatchObject({ leap: 'none', stratum: 2 });
    expect(reading).not.toHaveProperty('why');
    expect(reading.offset!.lowMs).toBeLessThan(0);
    expect(reading.offset!.highMs).toBeGreaterThan(0);
    expect(reading.lastAnswerAgoMs).toBeGreaterThan(0);
    expect(events).toEqual([]);
  });

  it('adds the error that the server admits', async () => {
    const server = await fakeServer((cookie) => [
      goodAnswer(cookie, { rootDelayMs: 200, rootDispersionMs: 300 }),
    ]);
    const { client } = clientOf(server.port);
    await client.poll();
    const { offset, rootDistanceMs } = client.reading(performance.now());
    expect(rootDistanceMs).toBeCloseTo(400, 2);
    expect(offset!.lowMs).toBeLessThan(-400);
    expect(offset!.highMs).toBeGreaterThan(400);
  });

  it('asks with a new cookie each time, and from a new port each burst', async () => {
    const server = await fakeServer((cookie) => [goodAnswer(cookie)]);
    const { client } = clientOf(server.port, { burst: 2 });
    await client.poll();
    await client.poll();
    await client.poll();
    expect(new Set(server.questions.map((bytes) => bytes.toString('hex'))).size).toBe(6);
    const [a, b, c, d, e, f] = server.ports;
    expect([a, c, e]).toEqual([b, d, f]);
    expect(new Set(server.ports).size).toBeGreaterThan(1);
  });

  it('has one burst on its way at a time', async () => {
    const server = await fakeServer((cookie) => [goodAnswer(cookie)]);
    const { client } = clientOf(server.port, { burst: 3 });
    await Promise.all([client.poll(), client.poll(), client.poll()]);
    expect(server.questions).toHaveLength(3);
  });

  it('tells of a step of the server, and by how much', async () => {
    let aheadMs = 0;
    const server = await fakeServer((cookie) => {
      const nowMs = STEADY_BASE_MS + performance.now() + aheadMs;
      return [goodAnswer(cookie, { t2WallMs: nowMs, t3WallMs: nowMs, referenceWallMs: nowMs })];
    });
    const { client, events } = clientOf(server.port);
    await client.poll();
    aheadMs = 30_000;
    await client.poll();
    expect(events).toHaveLength(1);
    const [step] = events;
    expect(step).toMatchObject({ type: 'source-step', source: client.name });
    if (step?.type !== 'source-step') return;
    expect(Math.abs(step.byMs - 30_000)).toBeLessThanOrEqual(step.errorMs);
    const { offset } = client.reading(performance.now());
    expect(offset!.lowMs).toBeLessThan(30_000);
    expect(offset!.highMs).toBeGreaterThan(30_000);
  });

  it('trusts our own clock as far as it is told', async () => {
    const server = await fakeServer((cookie) => [goodAnswer(cookie)]);
    const widths: number[] = [];
    for (const maxDriftPpm of [undefined, 500]) {
      const { client } = clientOf(server.port, { maxDriftPpm });
      await client.poll();
      const { offset } = client.reading(performance.now() + 1_000_000);
      widths.push(offset!.highMs - offset!.lowMs);
    }
    expect(widths[0]).toBeGreaterThan(400);
    expect(widths[1]).toBeGreaterThan(1000);
    expect(widths[0]).toBeLessThan(widths[1]! - 500);
  });

  it('does not count on an answer of an hour ago', async () => {
    const server = await fakeServer((cookie) => [goodAnswer(cookie)]);
    const { client } = clientOf(server.port);
    await client.poll();
    const nowMs = performance.now();
    expect(client.reading(nowMs + 3_500_000).offset).toBeDefined();
    expect(client.reading(nowMs + 3_700_000).offset).toBeUndefined();
  });
});

describe('a client that is lied to', () => {
  it('takes a cookie once: duplicates and replays are refused', async () => {
    let last: Buffer[] = [];
    const server = await fakeServer((cookie) => {
      const answer = goodAnswer(cookie);
      const sent = [...last, answer, answer];
      last = [answer];
      return sent;
    });
    const { client } = clientOf(server.port);
    await client.poll();
    expect(client.reading(performance.now()).offset).toBeDefined();
    expect([...client.refusals.keys()]).toEqual(['replay']);
    expect(client.refusals.get('replay')).toBeGreaterThanOrEqual(7);
  });

  it('waits for the true answer behind a spoofed one', async () => {
    const server = await fakeServer((cookie) => [
      packet({ stratum: 0, leap: 3, referenceId: 'DENY', origin: new Uint8Array(8) }),
      Buffer.from('nonsense'),
      goodAnswer(cookie),
    ]);
    const { client } = clientOf(server.port, { burst: 4 });
    await client.poll();
    expect(server.questions).toHaveLength(4);
    expect(client.reading(performance.now()).offset).toBeDefined();
    expect(Object.fromEntries(client.refusals)).toEqual({ origin: 4, short: 4 });
  });

  it('hears nobody but the server', async () => {
    const stranger = await fakeServer(() => []);
    const server = await fakeServer((cookie, _n, _socket, from) => {
      strangerSends(goodAnswer(cookie), from.port);
      return [];
    });
    const { client } = clientOf(server.port);
    await client.poll();
    expect(client.reading(performance.now())).toMatchObject({
      offset: undefined,
      why: 'no answer',
    });
    expect(client.refusals.size).toBe(0);

    function strangerSends(bytes: Buffer, to: number): void {
      stranger.send(bytes, to);
    }
  });

  it('tells of each reason once, and counts all', async () => {
    const server = await fakeServer((cookie) => [goodAnswer(cookie, { stratum: 16 })]);
    const { client, events } = clientOf(server.port);
    for (let i = 0; i < 5; i++) await client.poll();
    expect(client.refusals.get('stratum')).toBe(5);
    expect(events).toMatchObject([
      { type: 'source-refused', source: client.name, reason: 'stratum', why: 'stratum 16' },
    ]);
    expect(client.reading(performance.now())).toMatchObject({
      offset: undefined,
      leap: 'unsynchronised',
      why: 'stratum 16',
    });
  });
});

describe('a client that is not welcome', () => {
  it.each([
    ['RATE', 'rate'],
    ['DENY', 'deny'],
    ['RSTR', 'restricted'],
    ['XYZ1', 'kiss'],
  ] as const)('ends the burst on %s', async (referenceId, reason) => {
    const server = await fakeServer((cookie) => [
      goodAnswer(cookie, { stratum: 0, leap: 3, referenceId }),
    ]);
    const { client } = clientOf(server.port);
    await client.poll();
    expect(server.questions).toHaveLength(1);
    expect(client.refusals.get(reason)).toBe(1);
  });

  it('sends no more than two questions to a server that is silent', async () => {
    const server = await fakeServer(() => []);
    const { client } = clientOf(server.port, { timeoutMs: 5 });
    await client.poll();
    expect(server.questions).toHaveLength(2);
  });

  it('goes on after one lost packet', async () => {
    const server = await fakeServer((cookie, n) => (n % 3 === 1 ? [] : [goodAnswer(cookie)]));
    const { client } = clientOf(server.port, { timeoutMs: 30 });
    await client.poll();
    expect(server.questions).toHaveLength(8);
    expect(client.reading(performance.now()).offset).toBeDefined();
  });

  it('says that nobody listens', async () => {
    const server = await fakeServer(() => []);
    const { client } = clientOf(server.port, { burst: 1 });
    await server.close();
    await client.poll();
    expect(client.reading(performance.now()).why).toBe(
      `nobody listens at 127.0.0.1 port ${server.port}`,
    );
  });
});

describe('the addresses of a name', () => {
  const named = (port: number) => parseNtpServer(`pool.example:${port}`);

  it('are tried in turn, kept while they answer, and looked up again after all were silent', async () => {
    let isUp = false;
    const server = await fakeServer((cookie) => (isUp ? [goodAnswer(cookie)] : []));
    const resolve = vi.fn(() => Promise.resolve(['127.0.0.2', '127.0.0.1']));
    const options = { server: named(server.port), resolve, timeoutMs: 20 };
    const { client } = clientOf(server.port, options);
    await client.poll(); // nobody at 127.0.0.2, silent at 127.0.0.1
    expect(server.questions).toHaveLength(2);
    expect(resolve).toHaveBeenCalledTimes(1);
    isUp = true;
    await client.poll();
    expect(client.reading(performance.now()).offset).toBeDefined();
    expect(resolve).toHaveBeenCalledTimes(2);
    await client.poll();
    await client.poll();
    expect(server.questions).toHaveLength(2 + 8 + 4 + 4);
    expect(resolve).toHaveBeenCalledTimes(2);
  });

  it('are no more than three in one go', async () => {
    const resolve = () => Promise.resolve(['1', '2', '3', '4'].map((n) => `127.0.0.${n}`));
    const server = await fakeServer(() => []);
    const options = { server: named(server.port), resolve, timeoutMs: 5 };
    const { client } = clientOf(server.port, options);
    await client.poll(); // .1 to .3
    await client.poll(); // .4, and then there are no more
    expect(server.questions).toHaveLength(2);
    await client.poll();
    expect(server.questions).toHaveLength(4);
  });

  it('have an estimate each: what another server said is forgotten', async () => {
    let aheadMs = 5000;
    const server = await fakeServer((cookie) => {
      const nowMs = STEADY_BASE_MS + performance.now() + aheadMs;
      return [goodAnswer(cookie, { t2WallMs: nowMs, t3WallMs: nowMs, referenceWallMs: nowMs })];
    });
    let address = '127.0.0.1';
    const resolve = () => Promise.resolve([address]);
    const { client, events } = clientOf(server.port, { server: named(server.port), resolve });
    await client.poll();
    expect(client.reading(performance.now()).offset!.lowMs).toBeGreaterThan(4000);
    await server.close();
    await client.poll();
    const other = await fakeServer((cookie) => [goodAnswer(cookie)], server.port, '127.0.0.3');
    expect(other.port).toBe(server.port);
    address = '127.0.0.3';
    aheadMs = 0;
    await client.poll();
    expect(client.reading(performance.now()).offset!.lowMs).toBeLessThan(0);
    expect(events).toEqual([]);
  });

  it('that cannot be had are no failure of ours', async () => {
    const resolve = () => Promise.reject(new Error('ENOTFOUND'));
    const { client, diagnostics } = clientOf(1, { server: named(1), resolve });
    await client.poll();
    expect(client.reading(performance.now()).why).toMatch(/cannot be looked up: Error: ENOTFOUND/);
    expect(diagnostics.errors).toBe(0);
  });
});

describe('a server of others', () => {
  /** Our own machine by a name that does not look like it; the pauses of a burst are none here. */
  function strangerOf(port: number, options: Partial<NtpClientOptions> = {}) {
    const waitsMs: number[] = [];
    const real = globalThis.setTimeout;
    const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation((run: () => void, ms = 0) => {
      if (ms >= 2000) waitsMs.push(ms);
      return real(run, ms === 2000 ? 0 : ms);
    });
    onTestFinished(() => spy.mockRestore());
    const server = parseNtpServer(`0.0.0.0:${port}`);
    return { ...clientOf(port, { server, random: () => 0, ...options }), waitsMs };
  }

  it('gets one slow burst, and then one question at a time', async () => {
    const server = await fakeServer((cookie) => [goodAnswer(cookie)]);
    const { client, waitsMs } = strangerOf(server.port);
    await client.poll();
    expect(server.questions).toHaveLength(8);
    expect(waitsMs).toEqual(new Array(7).fill(2000));
    await client.poll();
    await client.poll();
    expect(server.questions).toHaveLength(10);
    expect(waitsMs).toHaveLength(7);
  });

  it('is asked again, once and 2 s later, after a lost packet', async () => {
    const server = await fakeServer((cookie, n) => (n === 2 ? [] : [goodAnswer(cookie)]));
    const { client, waitsMs } = strangerOf(server.port, { burst: 2 });
    await client.poll();
    await client.poll();
    expect(server.questions).toHaveLength(4);
    expect(waitsMs).toEqual([2000, 2000]);
    await client.poll();
    expect(server.questions).toHaveLength(5);
  });

  it('is asked ever less while it says what is known, and as at first after a step', async () => {
    let aheadMs = 0;
    const server = await fakeServer((cookie) => {
      const nowMs = STEADY_BASE_MS + performance.now() + aheadMs;
      return [goodAnswer(cookie, { t2WallMs: nowMs, t3WallMs: nowMs, referenceWallMs: nowMs })];
    });
    const { client, events, waitsMs } = strangerOf(server.port, { burst: 1 });
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) {
      if (n === 7) aheadMs = 30_000;
      client.start(); // random 0: at once
      await vi.waitFor(() => expect(waitsMs).toHaveLength(n));
    }
    const growing = [64_000, 128_000, 256_000, 512_000, 1_024_000, 1_024_000];
    expect(waitsMs).toEqual([...growing, 64_000, 128_000]);
    expect(events).toMatchObject([{ type: 'source-step' }]);
    expect(server.questions).toHaveLength(8);
  });
});

describe('once started', () => {
  const waitsMs = (spy: { mock: { calls: readonly (readonly unknown[])[] } }) =>
    spy.mock.calls.map(([, ms]) => Number(ms)).filter((ms) => ms > 1000);

  it.each([
    ['asks again after the poll interval', 2, [64_000, 64_000]],
    ['keeps to twice the interval once it was told to ask less', 0, [128_000, 128_000]],
  ])('%s', async (_, stratum, expected) => {
    const server = await fakeServer((cookie, n) => [
      goodAnswer(cookie, n === 0 ? { stratum, referenceId: 'RATE' } : {}),
    ]);
    const { client } = clientOf(server.port, { random: () => 0, timeoutMs: 900 });
    const spy = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => spy.mockRestore());
    for (const n of [1, 2]) {
      client.start(); // random 0: at once
      await vi.waitFor(() => expect(waitsMs(spy)).toHaveLength(n));
    }
    expect(waitsMs(spy)).toEqual(expected);
  });

  it('asks no more after DENY', async () => {
    const server = await fakeServer((cookie) => [
      goodAnswer(cookie, { stratum: 0, referenceId: 'DENY' }),
    ]);
    const { client } = clientOf(server.port, { random: () => 0, timeoutMs: 900 });
    const spy = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => spy.mockRestore());
    client.start();
    await vi.waitFor(() => expect(client.refusals.get('deny')).toBe(1));
    await client.poll();
    await new Promise((resolve) => setImmediate(resolve));
    expect(waitsMs(spy)).toEqual([]);
    expect(client.reading(0).why).toMatch(/not asked again/);
  });
});

describe('stopping', () => {
  it('ends a burst that is on its way, and no other begins', async () => {
    const server = await fakeServer(() => []);
    const { client, diagnostics } = clientOf(server.port, { timeoutMs: 60_000 });
    const polled = client.poll();
    await vi.waitFor(() => expect(server.questions).toHaveLength(1));
    client.stop();
    await polled;
    await client.poll();
    client.start();
    expect(server.questions).toHaveLength(1);
    expect(diagnostics.errors).toBe(0);
  });
});

describe('options', () => {
  it.each([0, 9, 1.5, Number.NaN])('burst cannot be %d', (burst) => {
    const options = { server: parseNtpServer('a'), steadyBaseMs: 0, burst };
    expect(() => new NtpClient({ ...options, diagnostics: new Diagnostics() })).toThrow(/burst/);
  });
});
