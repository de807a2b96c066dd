/** The ways into a process, and that there is one Tardy and one OpenTelemetry SDK in it. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CACHE_DIR, ROOT } from '../support/node-versions.ts';
import { nodeBinaries } from '../support/capabilities.ts';
import { pointsOf, type UserSdkReport } from '../support/e2e-user-sdk.ts';
import { REGISTER, runForJson, runProgram, startProgram } from '../support/e2e-program.ts';

const STEADY = { TARDY_PAUSE_LATE_MS: '60000' };
const LINE =
  /^tardy \d+\.\d+\.\d+: measuring fetch, undici, node:http\(s\) \(axios, got\), TCP connect, Express; not HTTP\/2 and worker threads; exporting [^\n]+\n$/;

/** A kind of application, flags of Node and environment with which Tardy comes in. */
const WAYS_IN: readonly (readonly [string, readonly string[], Record<string, string>])[] = [
  ['app.mjs', REGISTER, {}],
  ['tiny-app.cjs', REGISTER, {}],
  ['tiny-app.cjs', ['--require', 'tardy/register'], {}],
  ['tiny-app.cjs', [], { NODE_OPTIONS: '--import tardy/register' }],
];

describe.each(nodeBinaries())('register on Node $version', (node) => {
  it('says one line in ES modules and CommonJS, by --import, --require and NODE_OPTIONS', async () => {
    const apps = WAYS_IN.map(([file, nodeArgs, env]) =>
      startProgram(file, { node, nodeArgs, env: { TARDY_SDK: 'off', ...env } }),
    );
    for (const app of apps) {
      await app.said('\n', 'stderr');
      expect((await app.stop()).stderr).toMatch(LINE);
    }
  });
});

describe('register', () => {
  it('says nothing where it is asked to be quiet', async () => {
    const env = {
      TARDY_QUIET: 'true',
      OTEL_METRICS_EXPORTER: 'console',
      OTEL_METRIC_EXPORT_INTERVAL: '50',
    };
    const app = startProgram('app.mjs', { nodeArgs: REGISTER, env });
    await app.said('tardy.client.rtt'); // the console exporter: by then the line would be out
    expect((await app.stop()).stderr).toBe('');
  });

  it('does nothing at all where it is switched off', async () => {
    const env = {
      TARDY_ENABLED: 'false',
      OTEL_METRICS_EXPORTER: 'console',
      OTEL_METRIC_EXPORT_INTERVAL: '50',
    };
    const app = startProgram('app.mjs', { nodeArgs: REGISTER, env });
    await app.said('100 calls');
    const { stdout, stderr } = await app.stop();
    expect(stderr).toBe('');
    expect(stdout).not.toContain('tardy');
  });

  it.each([
    ['TARDY_TARGET_RATE', '2', /^tardy: not started: TARDY_TARGET_RATE is "2": must be <= 0\.5/],
    ['TARDY_WINDOW_MS', 'soon', /^tardy: not started: TARDY_WINDOW_MS is "soon"/],
    [
      'TARDY_WINDOWS_MS',
      '1',
      /^tardy: not started: TARDY_WINDOWS_MS is no setting; did you mean TARDY_WINDOW_MS/,
    ],
    [
      'TARDY_PRESET',
      'moon',
      /^tardy: not started: TARDY_PRESET is "moon": allowed are local, lan, wan/,
    ],
  ])('names a bad %s=%s and runs the application as without', async (variable, value, message) => {
    const app = startProgram('app.mjs', { nodeArgs: REGISTER, env: { [variable]: value } });
    await app.said('100 calls');
    app.send('hush');
    await app.said(/served \d+/);
    app.process.stdin?.end();
    const { code, stderr } = await app.ended;
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(0);
  });

  it('is told of an exporter it does not know, and says that nothing is exported', async () => {
    const env = { OTEL_METRICS_EXPORTER: 'carrier-pigeon' };
    const app = startProgram('app.mjs', { nodeArgs: REGISTER, env });
    await app.said('\n', 'stderr');
    expect(app.stderr()).toContain('carrier-pigeon');
  });

  it('measures the main thread alone', async () => {
    const { code, stderr } = await runProgram('worker.mjs', {
      nodeArgs: REGISTER,
      env: { TARDY_SDK: 'off' },
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(LINE);
  });
});

describe('in an SDK of the application', () => {
  const env = { ...STEADY, OTEL_LOG_LEVEL: 'error' };

  function expectMetrics({ port, metrics }: UserSdkReport): void {
    const names = metrics.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(pointsOf(metrics, 'tardy.client.rtt')).toEqual([
      {
        attributes: {
          peer: `127.0.0.1:${port}`,
          'server.address': '127.0.0.1',
          'server.port': port,
          route: 'GET /items/:id',
          outcome: 'completed',
        },
        value: 30,
      },
    ]);
    expect(pointsOf(metrics, 'tardy.server.duration').map(({ value }) => value)).toEqual([30]);
    expect(pointsOf(metrics, 'tardy.timeout.samples').map(({ value }) => value)).toEqual([30]);
    expect(pointsOf(metrics, 'tardy.self.errors').map(({ value }) => value)).toEqual([0]);
  }

  it.each(['instrumentation', 'producer'])('arrives once, as %s', async (mode) => {
    const { code, stdout, stderr } = await runProgram('user-sdk.mjs', { args: [mode], env });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expectMetrics(JSON.parse(stdout) as UserSdkReport);
  });

  it('is joined by register, if it starts a moment later', async () => {
    const app = startProgram('user-sdk.mjs', { args: ['register'], nodeArgs: REGISTER, env });
    const line = await app.said(/tardy .*\n/, 'stderr');
    expect(line).toContain("exporting through the application's MeterProvider");
    app.send('go on');
    const { code, stdout, stderr } = await app.ended;
    expect(stderr).toBe(line);
    expect(code).toBe(0);
    expectMetrics(JSON.parse(stdout) as UserSdkReport);
  });

  it('is left alone, if it starts when Tardy exports by itself already', async () => {
    const options = { ...env, OTEL_METRICS_EXPORTER: 'console' };
    const app = startProgram('user-sdk.mjs', { args: ['late'], nodeArgs: REGISTER, env: options });
    const line = await app.said(/tardy .*\n/, 'stderr');
    expect(line).toContain('exporting to console');
    app.send('go on');
    const { code, stdout, stderr } = await app.ended;
    expect(stderr).toBe(line);
    expect(code).toBe(0);
    const { metrics } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as UserSdkReport;
    expect(pointsOf(metrics, 'app.calls').map(({ value }) => value)).toEqual([30]);
  });

  it('as instrumentation beside register, arrives once', async () => {
    const app = startProgram('user-sdk.mjs', {
      args: ['instrumentation'],
      nodeArgs: REGISTER,
      env,
    });
    const { code, stdout } = await app.ended;
    expect(code).toBe(0);
    expectMetrics(JSON.parse(stdout) as UserSdkReport);
  });
});

describe('two copies of the package in a process', () => {
  it('share one Tardy', async () => {
    const dir = await mkdtemp(join(CACHE_DIR, 'copy-'));
    onTestFinished(() => rm(dir, { recursive: true }));
    await cp(join(ROOT, 'dist'), join(dir, 'dist'), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(dir, 'package.json'));
    const entry = join(dir, 'dist', 'src', 'index.js');
    expect(await runForJson('two-copies.mjs', { args: [entry] })).toEqual({
      separate: true,
      same: true,
      windowMs: 60_000,
      anewAfterStop: 120_000,
    });
  });
});
