/** What a real Prometheus makes of the metrics of a service under load. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RTT_BOUNDARIES_S } from '../../src/peers/series-budget.ts';
import { hasPrometheus, seed } from '../support/capabilities.ts';
import { scrape } from '../support/e2e-exposition.ts';
import { freePort } from '../support/e2e-ports.ts';
import { launchProgram, type Program, REGISTER } from '../support/e2e-program.ts';
import { type Prometheus, promtoolComplaints, startPrometheus } from '../support/e2e-prometheus.ts';
import { until } from '../support/e2e-wait.ts';

interface Load {
  readonly port: number;
  /** A server that was called once, before all others. */
  readonly gone: number;
  /** Sorted. */
  readonly rttsMs: readonly number[];
}

describe.skipIf(!hasPrometheus())('Prometheus', () => {
  let app: Program;
  let prometheus: Prometheus;
  let load: Load;
  let metrics: string;

  beforeAll(async () => {
    const port = await freePort();
    metrics = `http://127.0.0.1:${port}/metrics`;
    app = launchProgram('load.mjs', {
      nodeArgs: REGISTER,
      env: {
        OTEL_METRICS_EXPORTER: 'prometheus',
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
        TARDY_PAUSE_LATE_MS: '60000',
        TARDY_MAX_PEERS: '3',
        SEED: String(seed()),
      },
    });
    prometheus = await startPrometheus(`127.0.0.1:${port}`);
    load = JSON.parse(await app.said(/\{.*\}\n/)) as Load;
  });
  afterAll(async () => {
    await app.stop();
    await prometheus.stop();
  });

  const peer = () => `peer="127.0.0.1:${load.port}"`;

  /** Index of the bucket of a value in seconds. */
  function bucketOf(seconds: number): number {
    const index = RTT_BOUNDARIES_S.findIndex((bound) => seconds <= bound);
    return index < 0 ? RTT_BOUNDARIES_S.length : index;
  }

  it('scrapes every round trip, without an error', async () => {
    const count = `tardy_client_rtt_count{outcome="completed",${peer()}}`;
    await until(async () => (await prometheus.value(count)) === load.rttsMs.length, 'all calls');
    expect(await prometheus.scrapeError()).toBe('');
    expect(await prometheus.value('up')).toBe(1);
  });

  it.each([0.5, 0.9, 0.99, 0.999])('finds the %d quantile within a bucket', async (q) => {
    const rank = Math.ceil(q * load.rttsMs.length);
    const exactS = load.rttsMs[rank - 1]! / 1000;
    const buckets = `tardy_client_rtt_bucket{outcome="completed",${peer()}}`;
    const foundS = await prometheus.value(`histogram_quantile(${q}, sum by (le) (${buckets}))`);
    expect(Math.abs(bucketOf(foundS!) - bucketOf(exactS))).toBeLessThanOrEqual(1);
  });

  it('finds quantiles of the window as gauges, within one per cent', async () => {
    const exactS = load.rttsMs[Math.ceil(0.99 * load.rttsMs.length) - 1]! / 1000;
    const gaugeS = await prometheus.value(`tardy_client_rtt_quantile{quantile="0.99",${peer()}}`);
    expect(Math.abs(gaugeS! / exactS - 1)).toBeLessThan(0.02);
  });

  it('has nothing that promtool complains of, but a label it would keep for summaries', async () => {
    const text = await (await fetch(metrics)).text();
    expect(promtoolComplaints(text)).toEqual([]);
  });

  it('loses sight of a peer that is gone', async () => {
    const gone = `127.0.0.1:${load.gone}`;
    const seen = `tardy_client_rtt_count{peer="${gone}"}`;
    expect(await prometheus.value(seen)).toBe(1);
    // A peer may be pushed out by a new one once nobody has called it for ten seconds.
    await until(async () => {
      app.send('call');
      return (await scrape(metrics))('tardy_client_rtt_count', { peer: gone }).length === 0;
    }, 'the peer to be pushed out');
    await until(async () => (await prometheus.value(seen)) === undefined, 'Prometheus to see it');
    expect(await prometheus.value('sum(tardy_self_errors_total)')).toBe(0);
  });
});
