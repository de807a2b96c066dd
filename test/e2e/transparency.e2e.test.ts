/**
 * However an application ends, it ends the same with Tardy: exit code, signal, both outputs,
 * except the one line at the start.
 */
import { describe, expect, it } from 'vitest';
import { nodeBinaries } from '../support/capabilities.ts';
import type { NodeBinary } from '../support/node-versions.ts';
import { type Ending, REGISTER, runProgram } from '../support/e2e-program.ts';

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

/** After the start-up line, with an SDK of our own that exports to nobody who listens. */
const LATE_MS = '1400';
const EXPORTING = {
  OTEL_METRICS_EXPORTER: 'otlp,prometheus',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:2',
  OTEL_METRIC_EXPORT_INTERVAL: '50',
  OTEL_EXPORTER_PROMETHEUS_PORT: '0',
};

/** Process ids and addresses differ from run to run. */
function comparable({ code, signal, stdout, stderr }: Ending) {
  const text = stderr
    .replace(/^tardy \d.*\n/m, '')
    .replace(/\(node:\d+\)/g, '(node:pid)')
    .replace(/0x[0-9a-f]+/g, '0x')
    .replace(/\[\d+\]/g, '[pid]');
  return { code, signal, stdout, stderr: text };
}

async function bothWays(node: NodeBinary | undefined, args: readonly string[], env = {}) {
  const options = { ...(node ? { node } : {}), args, env };
  const [without, within] = await Promise.all([
    runProgram('ends.mjs', options),
    runProgram('ends.mjs', { ...options, nodeArgs: REGISTER }),
  ]);
  return { without: comparable(without), within: comparable(within), raw: within };
}

describe.each(nodeBinaries())('an application on Node $version that', (node) => {
  it.each(WAYS)('%s', async (way, { code = null, signal = null }) => {
    const { without, within } = await bothWays(node, [way], { TARDY_SDK: 'off' });
    expect(without).toMatchObject({ code, signal });
    expect(within).toEqual(without);
  });
});

describe('an application that runs until its metrics are exported, and then', () => {
  it('ends the same', async () => {
    const runs = WAYS.map(async ([way]) => [way, await bothWays(undefined, [way, LATE_MS], EXPORTING)] as const);
    for (const [way, { without, within, raw }] of await Promise.all(runs)) {
      expect([way, within]).toEqual([way, without]);
      expect([way, raw.stderr]).toEqual([way, expect.stringMatching(/^tardy \d.* exporting to otlp/m)]);
    }
  });
});
