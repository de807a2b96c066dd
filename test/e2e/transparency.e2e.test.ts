/**
 * However an application ends, it ends the same with Tardy: exit code, signal, both outputs,
 * except the one line at the start.
 */
import { describe, expect, it } from 'vitest';
import { nodeBinaries } from '../support/capabilities.ts';
import type { NodeBinary } from '../support/node-versions.ts';
import { type Collector, startCollector } from '../support/e2e-otlp.ts';
import { freePort } from '../support/e2e-ports.ts';
import { type Ending, REGISTER, runProgram, startProgram } from '../support/e2e-program.ts';
import { until } from '../support/e2e-wait.ts';

/** Each way of `fixtures/ends.mjs`, and how it ends in plain Node. */
const WAYS: readonly (readonly [string, { code?: number; signal?: string }])[] = [
  ['just ends', { code: 0 }],
  ['ends with an exit code', { code: 4 }],
  ['calls process.exit', { code: 3 }],
  ['exits in an exit handler', { code: 9 }],
  ['is not done at top level', { code: 13 }],
  ['throws', { code: 1 }],
  ['throws in a callback', { code: 1 }],
  ['throws what is no error', { code: 1 }],
  ['rejects', { code: 1 }],
  ['throws when told of a reply', { code: 1 }],
  ['handles what is thrown', { code: 0 }],
  ['is ended by SIGTERM', { signal: 'SIGTERM' }],
  ['is ended by SIGKILL', { signal: 'SIGKILL' }],
  ['is interrupted', { signal: 'SIGINT' }],
  ['handles SIGTERM', { code: 5 }],
  ['aborts', { signal: 'SIGABRT' }],
  ['warns', { code: 0 }],
  ['does more before exit', { code: 0 }],
];

/** Process ids and addresses differ from run to run. */
function comparable({ code, signal, stdout, stderr }: Ending) {
  const text = stderr
    .replace(/^tardy \d.*\n/m, '')
    .replace(/\(node:\d+\)/g, '(node:pid)')
    .replace(/0x[0-9a-f]+/g, '0x')
    .replace(/\[\d+\]/g, '[pid]');
  return { code, signal, stdout, stderr: text };
}

type Ways = Readonly<Record<'without' | 'within', ReturnType<typeof comparable>>>;

async function bothWays(node: NodeBinary, way: string): Promise<Ways> {
  const options = { node, args: [way], env: { TARDY_SDK: 'off' } };
  const [without, within] = await Promise.all([
    runProgram('ends.mjs', options),
    runProgram('ends.mjs', { ...options, nodeArgs: REGISTER }),
  ]);
  return { without: comparable(without), within: comparable(within) };
}

describe.each(nodeBinaries())('an application on Node $version that', (node) => {
  it.each(WAYS)('%s', async (way, { code = null, signal = null }) => {
    const { without, within } = await bothWays(node, way);
    expect(without).toMatchObject({ code, signal });
    expect(within).toEqual(without);
  });
});

describe('an application whose metrics are being exported, and that', () => {
  /** Both wait until metrics of the one under Tardy have arrived, then both end. */
  async function bothWaysLate(way: string, collector: Collector): Promise<Ways> {
    const env = {
      OTEL_SERVICE_NAME: way,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_METRIC_EXPORT_INTERVAL: '100',
    };
    const args = [way, 'when told'];
    const without = startProgram('ends.mjs', { args, env });
    const within = startProgram('ends.mjs', { args, env, nodeArgs: REGISTER });
    const arrived = () => collector.received.some(({ body }) => body.includes(way));
    await until(arrived, `metrics of one that ${way}`);
    without.send('end');
    within.send('end');
    return { without: comparable(await without.ended), within: comparable(await within.ended) };
  }

  // Some at once: each waits a second until Tardy exports.
  it.each(chunksOf(6, WAYS))('ends in some ways (%#)', async (...ways) => {
    const collector = await startCollector();
    const runs = ways.map(async ([way]) => ({ way, ...(await bothWaysLate(way, collector)) }));
    for (const { way, without, within } of await Promise.all(runs)) {
      expect({ way, ...within }).toEqual({ way, ...without });
    }
  });
});

function chunksOf<T>(size: number, items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

describe('an application ends', () => {
  /** Ends when told, once `exporting` holds. */
  async function expectEnd(env: Record<string, string>, exporting: () => boolean): Promise<void> {
    const args = ['just ends', 'when told'];
    const app = startProgram('ends.mjs', { nodeArgs: REGISTER, args, env });
    await app.said('exporting to', 'stderr');
    await until(exporting, 'an export');
    let ended = false;
    void app.ended.then(() => (ended = true));
    app.send('end');
    await until(() => ended, 'the application to end');
  }

  it.each(['prometheus', 'console'])('although its metrics go to %s', async (exporter) => {
    const env = {
      OTEL_METRICS_EXPORTER: exporter,
      OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()),
      OTEL_METRIC_EXPORT_INTERVAL: '100',
    };
    await expectEnd(env, () => true);
  });

  it.each([503, 'silent'] as const)('although the collector is %s', async (status) => {
    const collector = await startCollector(status);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_METRIC_EXPORT_INTERVAL: '100',
    };
    await expectEnd(env, () => collector.received.length > 0);
  });
});
