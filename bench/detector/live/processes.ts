/** Processes of the bench: started, talked with, and ended by their ids whatever happens. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A busy machine takes seconds to start a dozen processes. */
const START_MS = 120_000;
const INTERRUPTED = 130;
const HOST = '127.0.0.1';
/** Node strips the types of a hundred files once, not for each process. */
const COMPILE_CACHE = join(tmpdir(), 'tardy-bench-compile-cache');

const running = new Set<ChildProcess>();
let isWatching = false;

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('exit', endAll);
  process.on('SIGINT', () => process.exit(INTERRUPTED));
  process.on('SIGTERM', () => process.exit(INTERRUPTED));
}

function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

export class BenchProcess {
  readonly child: ChildProcess;
  readonly #listeners = new Set<(message: unknown) => void>();

  /** `program`: a file beside this one; `job` comes to it as JSON on its command line. */
  constructor(program: string, job: unknown, flags: readonly string[] = []) {
    watch();
    this.child = fork(fileURLToPath(new URL(program, import.meta.url)), [JSON.stringify(job)], {
      execArgv: [...flags],
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    this.child.on('message', (message) => {
      for (const listener of this.#listeners) listener(message);
    });
    this.child.on('error', () => undefined);
  }

  on(listener: (message: unknown) => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves when it says that it is ready. */
  async ready(): Promise<void> {
    await this.said((message) => message === 'ready', START_MS);
  }

  /** The first message that is meant; rejects when it ends before, or the time is up. */
  said(isIt: (message: unknown) => boolean, withinMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#listeners.delete(listener);
        this.child.off('exit', onExit);
        clearTimeout(timer);
        act();
      };
      const listener = (message: unknown) => {
        if (isIt(message)) settle(() => resolve(message));
      };
      const fail = (why: string) =>
        settle(() => reject(new Error(`process ${this.child.pid} ${why}`)));
      const onExit = () => fail('ended');
      const timer = setTimeout(() => fail(`said nothing for ${withinMs} ms`), withinMs);
      this.#listeners.add(listener);
      this.child.once('exit', onExit);
    });
  }

  tell(message: object): void {
    if (this.child.connected) this.child.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async end(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** Ends those that are given when the work is done or fails. */
export async function withProcesses<T>(work: (all: Set<BenchProcess>) => Promise<T>): Promise<T> {
  const all = new Set<BenchProcess>();
  try {
    return await work(all);
  } finally {
    await Promise.all([...all].map((each) => each.end()));
  }
}

/** Below the ports that kernels give to whoever connects: Linux begins at 32,768. */
const PORTS = { first: 10_000, last: 32_000 };
let nextPort = PORTS.first + randomInt(PORTS.last - PORTS.first);

/** Ports that were free a moment ago for UDP and TCP; none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = nextPort++;
    if (nextPort > PORTS.last) nextPort = PORTS.first;
    if ((await isFreeUdp(port)) && (await isFreeTcp(port))) ports.push(port);
  }
  return ports;
}

function isFreeUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp6').once('error', () => resolve(false));
    socket.bind(port, () => socket.close(() => resolve(true)));
  });
}

function isFreeTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** Polls until it is so; false if the time is up. */
export async function until(isSo: () => boolean, withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() >= endMs) return false;
    await sleep(10);
  }
  return true;
}
