/**
 * The previous line of the OpenTelemetry SDK (0.223 / 2.12, API 1.9), with Tardy installed beside
 * it as npm does it.
 */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sdk0223Dir } from '../support/capabilities.ts';
import { FIXTURES, REGISTER, runProgram, startProgram } from '../support/e2e-program.ts';
import { pointsOf, type UserSdkReport } from '../support/e2e-user-sdk.ts';

const STEADY = { TARDY_PAUSE_LATE_MS: '60000', OTEL_LOG_LEVEL: 'error' };

describe.skipIf(!sdk0223Dir())('OpenTelemetry SDK 0.223', () => {
  const dir = sdk0223Dir() ?? '';

  /** A program has to lie in the folder of the application, or Node finds our packages. */
  async function installed(name: string): Promise<string> {
    const path = join(dir, name);
    await copyFile(join(FIXTURES, name), path);
    onTestFinished(() => rm(path));
    return path;
  }

  function expectMetrics(stdout: string): void {
    const { port, metrics } = JSON.parse(stdout) as UserSdkReport;
    const names = metrics.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const [rtt, ...others] = pointsOf(metrics, 'tardy.client.rtt');
    expect(others).toEqual([]);
    expect(rtt).toMatchObject({ value: 30, attributes: { peer: `127.0.0.1:${port}` } });
    expect(pointsOf(metrics, 'tardy.timeout.samples').map(({ value }) => value)).toEqual([30]);
    expect(pointsOf(metrics, 'tardy.self.errors').map(({ value }) => value)).toEqual([0]);
  }

  it.each(['instrumentation', 'producer'])('takes Tardy as %s', async (mode) => {
    const program = await installed('user-sdk.mjs');
    const options = { cwd: dir, args: [mode], env: STEADY };
    const { code, stdout, stderr } = await runProgram(program, options);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expectMetrics(stdout);
  });

  it('is joined by register', async () => {
    const program = await installed('user-sdk.mjs');
    const options = { cwd: dir, args: ['register'], nodeArgs: REGISTER, env: STEADY };
    const app = startProgram(program, options);
    const line = await app.said(/tardy .*\n/, 'stderr');
    expect(line).toContain("exporting through the application's MeterProvider");
    app.send('go on');
    const { code, stdout } = await app.ended;
    expect(code).toBe(0);
    expectMetrics(stdout);
  });

  it('is too old for an SDK of our own, which says so and leaves the application alone', async () => {
    const program = await installed('app.mjs');
    const env = { OTEL_METRICS_EXPORTER: 'console', OTEL_METRIC_EXPORT_INTERVAL: '100' };
    const app = startProgram(program, { cwd: dir, nodeArgs: REGISTER, env });
    const line = await app.said(/tardy: .*\n/, 'stderr');
    expect(line).toMatch(/measuring, but not exporting: .*@opentelemetry\/api/);
    await app.said('100 calls');
    app.process.stdin?.end();
    const { code, stderr } = await app.ended;
    expect(code).toBe(0);
    expect(stderr).toBe(line);
  });
});
