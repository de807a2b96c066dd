/** A real etcd of one member, on loopback, in memory as far as the machine has such a folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEBIAN_TOOLS } from './debian.ts';
import { freePort } from './e2e-ports.ts';
import { until } from './e2e-wait.ts';

const MEMORY = '/dev/shm';

export interface Etcd {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts it and waits until it answers. Whoever starts it stops it. */
export async function startEtcd(): Promise<Etcd> {
  const folder = existsSync(MEMORY) ? MEMORY : tmpdir();
  const dir = await mkdtemp(join(folder, 'tardy-etcd-'));
  const [url, peerUrl] = [await freePort(), await freePort()].map((p) => `http://127.0.0.1:${p}`);
  const { binary } = DEBIAN_TOOLS.find(({ name }) => name === 'etcd')!;
  const child = spawn(
    binary,
    Object.entries({
      'data-dir': join(dir, 'data'),
      'listen-client-urls': url,
      'advertise-client-urls': url,
      'listen-peer-urls': peerUrl,
      'initial-advertise-peer-urls': peerUrl,
      'initial-cluster': `default=${peerUrl}`,
      logger: 'zap',
      'log-level': 'error',
    }).flatMap(([name, value]) => [`--${name}`, value!]),
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await until(() => isHealthy(url!), 'etcd to be healthy');
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: url!, pid: child.pid!, stop };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
}
