/** A real chronyd that controls no clock and runs on ports of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeQuestion } from '../../collectors/ntp/packet.ts';
import { DEBIAN_TOOLS, LIBFAKETIME } from './debian.ts';
import { until } from './e2e-wait.ts';

export interface ChronydOptions {
  /** Lines of its configuration besides ports. Default: serves its own clock, stratum 8. */
  readonly config?: readonly string[];
  /**
   * What libfaketime makes of the wall clock it reads, as `+10 x1.0002`. The kernel's time stamps
   * of packets stay true: below about 1 s the two mix into answers that were held for longer than
   * the exchange took.
   */
  readonly faketime?: string;
}

export interface Chronyd {
  readonly port: number;
  /** Of its monitoring. */
  readonly commandPort: number;
  /** The fields of `chronyc -c tracking`. */
  tracking(): string[];
  stop(): Promise<void>;
}

const LOCAL = ['local stratum 8'];
const LOOK_MS = 50;

/** Starts it and waits until it answers NTP. */
export async function startChronyd(options: ChronydOptions = {}): Promise<Chronyd> {
  const dir = await mkdtemp(join(tmpdir(), 'tardy-chronyd-'));
  await chmod(dir, 0o750); // or it refuses to put its files there
  const port = await freeUdpPort();
  const commandPort = await freeUdpPort();
  await writeFile(
    join(dir, 'conf'),
    configFor(dir, { port, commandPort }, options.config ?? LOCAL),
  );
  const { binary } = DEBIAN_TOOLS.find(({ name }) => name === 'chrony')!;
  const child = spawn(binary, ['-x', '-d', '-U', '-u', 'root', '-f', join(dir, 'conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...fakeEnvironment(options.faketime) },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await until(() => answers(port), 'chronyd to answer');
  } catch (error) {
    await stop();
    throw new Error(`chronyd said:\n${log}`, { cause: error });
  }
  return { port, commandPort, tracking: () => tracking(commandPort), stop };
}

function configFor(
  dir: string,
  { port, commandPort }: { readonly port: number; readonly commandPort: number },
  config: readonly string[],
): string {
  const lines = [
    ...[`port ${port}`, 'bindaddress 127.0.0.1'],
    ...[
      `cmdport ${commandPort}`,
      'bindcmdaddress 127.0.0.1',
      'bindcmdaddress /',
      'allow 127.0.0.1',
    ],
    `pidfile ${join(dir, 'pid')}`,
  ];
  return [...lines, ...config, ''].join('\n');
}

function fakeEnvironment(faketime: string | undefined): Record<string, string> {
  if (faketime === undefined) return {};
  return { LD_PRELOAD: LIBFAKETIME, FAKETIME: faketime, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

function tracking(commandPort: number): string[] {
  const args = ['-h', '127.0.0.1', '-p', String(commandPort), '-c', '-n', 'tracking'];
  const { status, stdout, stderr } = spawnSync('chronyc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`chronyc: ${stdout}${stderr}`);
  return stdout.trim().split(',');
}

/** A UDP port that was free a moment ago. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** Whether anything comes back within LOOK_MS. */
async function answers(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(LOOK_MS) });
    socket.send(encodeQuestion(new Uint8Array(8).fill(1)), port, '127.0.0.1');
    await answered;
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
