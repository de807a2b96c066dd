/**
 * NTP clients of npm, installed beside the repository's packages in `.cache/bench-ntp`, each as its
 * own documentation says. What cannot be had is left out, and said so.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CACHE_DIR } from '../../test/support/node-versions.ts';

const DIR = join(CACHE_DIR, 'bench-ntp');
const INSTALL_MAX_MS = 60_000;

export interface NpmClient {
  readonly name: string;
  /** Server's clock less ours, in ms. */
  readonly offsetMs: (port: number) => Promise<number>;
}

interface Sntp {
  time(options: object): Promise<{ readonly t: number }>;
}
interface NtpTime {
  readonly Client: new (
    host: string,
    port: number,
    options: object,
  ) => { syncTime(): Promise<{ readonly t: number }> };
}
interface NtpTimeSync {
  readonly NtpTimeSync: new (options: object) => {
    getTime(force: boolean): Promise<{ readonly offset: number }>;
  };
}
interface NtpClientOfNpm {
  getNetworkTime(
    host: string,
    port: number,
    done: (error: Error | string | null, date: Date | null) => void,
  ): void;
}

const HOST = '127.0.0.1';
const TIMEOUT = { timeout: 1500 };

const KNOWN: readonly {
  readonly name: string;
  readonly version: string;
  readonly open: (exported: unknown) => NpmClient['offsetMs'];
}[] = [
  {
    name: '@hapi/sntp',
    version: '4.0.0',
    open: (exported) => async (port) =>
      (await (exported as Sntp).time({ host: HOST, port, ...TIMEOUT })).t,
  },
  {
    name: 'ntp-time',
    version: '2.1.1',
    open: (exported) => async (port) =>
      1000 * (await new (exported as NtpTime).Client(HOST, port, TIMEOUT).syncTime()).t,
  },
  {
    name: 'ntp-time-sync',
    version: '0.5.0',
    open: (exported) => async (port) => {
      const options = { servers: [`${HOST}:${port}`], sampleCount: 1, replyTimeout: 1500 };
      return (await new (exported as NtpTimeSync).NtpTimeSync(options).getTime(true)).offset;
    },
  },
  {
    name: 'ntp-client',
    version: '0.5.3',
    open: (exported) => (port) =>
      new Promise((resolve, reject) => {
        (exported as NtpClientOfNpm).getNetworkTime(HOST, port, (error, date) => {
          if (date) resolve(date.getTime() - Date.now());
          else reject(new Error(String(error)));
        });
      }),
  },
];

/** Those that are there, after an attempt to install them, and why others are not. */
export function npmClients(): { readonly clients: NpmClient[]; readonly missing: string[] } {
  const installed = KNOWN.every(({ name }) => existsSync(join(DIR, 'node_modules', name)));
  if (!installed) install();
  const from = createRequire(join(DIR, 'package.json'));
  const clients: NpmClient[] = [];
  const missing: string[] = [];
  for (const { name, version, open } of KNOWN) {
    try {
      clients.push({ name: `${name} ${version}`, offsetMs: open(from(name)) });
    } catch (error) {
      const [why] = (error instanceof Error ? error.message : String(error)).split('\n');
      missing.push(`${name} left out: ${why}`);
    }
  }
  return { clients, missing };
}

function install(): void {
  const packages = KNOWN.map(({ name, version }) => `${name}@${version}`);
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  const args = ['install', '--prefix', DIR, ...quiet, ...packages];
  spawnSync('npm', args, { stdio: 'ignore', timeout: INSTALL_MAX_MS });
}
