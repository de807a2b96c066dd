/**
 * Child processes that answer questions, one at a time. Each is ended when its work is done, when
 * it takes too long, and when this process ends for whatever reason.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Longer than any single question may take on a slow machine. */
const ANSWER_TIMEOUT_MS = 120_000;

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
}

/** What a child sends back. */
export type Reply = { readonly value: unknown } | { readonly error: string };

export class Worker {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #gone = new AbortController();

  /** `name`: a file of this folder. */
  constructor(name: string, execArgv: readonly string[] = []) {
    this.#name = name;
    this.#child = fork(new URL(name, import.meta.url), [], {
      env: cleanEnvironment(),
      execArgv: [...execArgv],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    running.add(this.#child);
    this.#child.once('exit', () => {
      running.delete(this.#child);
      this.#gone.abort();
    });
  }

  /** Throws what the child threw, and when it ends or falls silent instead of answering. */
  async ask(question: string, argument: unknown = null): Promise<unknown> {
    const timer = setTimeout(() => this.#gone.abort(), ANSWER_TIMEOUT_MS);
    try {
      this.#child.send({ question, argument });
      const signal = this.#gone.signal;
      const [reply] = (await once(this.#child, 'message', { signal })) as [Reply];
      if ('error' in reply) throw new Error(`${this.#name}: ${reply.error}`);
      return reply.value;
    } catch (error) {
      if (!this.#gone.signal.aborted) throw error;
      const how = this.#child.exitCode === null ? 'did not answer' : 'ended';
      throw new Error(`${this.#name} ${how} when asked for "${question}"`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

/** One process of the same file for each key. */
export class Workers<K> {
  readonly #workers: ReadonlyMap<K, Worker>;

  constructor(keys: readonly K[], name: string, execArgv: readonly string[] = []) {
    this.#workers = new Map(keys.map((key) => [key, new Worker(name, execArgv)]));
  }

  of(key: K): Worker {
    const worker = this.#workers.get(key);
    if (!worker) throw new Error(`no process for ${String(key)}`);
    return worker;
  }

  /** Asks all at once; ends all if one of them fails. */
  async all(question: (key: K) => readonly [string, unknown]): Promise<Map<K, unknown>> {
    try {
      const replies = [...this.#workers].map(
        async ([key, worker]) => [key, await worker.ask(...question(key))] as const,
      );
      return new Map(await Promise.all(replies));
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.end()));
  }
}

/** Asks one question of a process made for it. */
export async function askOnce(
  name: string,
  question: string,
  argument: unknown,
  execArgv: readonly string[] = [],
): Promise<unknown> {
  const worker = new Worker(name, execArgv);
  try {
    return await worker.ask(question, argument);
  } finally {
    await worker.end();
  }
}

/** Settings of this shell must not change what is measured. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(TARDY_|OTEL_|NODE_OPTIONS$|UV_THREADPOOL_SIZE$)/.test(name),
  );
  return Object.fromEntries(ours);
}
