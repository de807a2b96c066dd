/** A real Prometheus that scrapes one target every 200 ms. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { DEBIAN_TOOLS } from './debian.ts';
import { freePort } from './e2e-ports.ts';
import { until } from './e2e-wait.ts';

export interface Prometheus {
  /** The value of an instant query whose result has one element or none. */
  value(query: string): Promise<number | undefined>;
  /** The error of the last scrape; empty if there was none. */
  scrapeError(): Promise<string>;
  stop(): Promise<void>;
}

const resultSchema = z.object({
  status: z.literal('success'),
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});
const targetsSchema = z.object({
  data: z.object({
    activeTargets: z.array(z.object({ health: z.string(), lastError: z.string() })),
  }),
});

function configFor(target: string): string {
  return `
global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs:
  - job_name: app
    static_configs: [{ targets: ['${target}'] }]
`;
}

/** Starts it and waits until it has scraped `target` (`host:port`) without an error. */
export async function startPrometheus(target: string): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'tardy-prometheus-'));
  const port = await freePort();
  await writeFile(join(dir, 'prometheus.yml'), configFor(target));
  const { binary } = DEBIAN_TOOLS.find(({ name }) => name === 'prometheus')!;
  const child = spawn(
    binary,
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const api = apiAt(`http://127.0.0.1:${port}/api/v1`);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await until(async () => (await api.health().catch(() => '')) === 'up', 'a first scrape');
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...api, stop };
}

function apiAt(url: string) {
  const ask = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json();
  const target = async () =>
    targetsSchema.parse(await ask('/targets')).data.activeTargets[0] ?? {
      health: '',
      lastError: '',
    };
  return {
    health: async () => (await target()).health,
    scrapeError: async () => (await target()).lastError,
    async value(query: string) {
      const answer = await ask(`/query?query=${encodeURIComponent(query)}`);
      const { result } = resultSchema.parse(answer).data;
      if (result.length > 1) throw new Error(`${query} gave ${result.length} results`);
      return result[0] && Number(result[0].value[1]);
    },
  };
}

/** A summary cannot forget: its quantiles would cover all of the past, ours are of a window. */
const KNOWN_COMPLAINTS = ['tardy_client_rtt_quantile', 'tardy_pause_loop_delay_quantile'].map(
  (name) => `${name} non-summary metrics should not have "quantile" label`,
);

/** What `promtool check metrics` complains of that is not meant so: nothing, if all is well. */
export function promtoolComplaints(text: string): string[] {
  const { stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  if (error) throw error;
  const lines = (stdout + stderr).split('\n').filter((line) => line.trim() !== '');
  return lines.filter((line) => !KNOWN_COMPLAINTS.includes(line));
}
