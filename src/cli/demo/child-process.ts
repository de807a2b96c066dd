/** One child process of the demo, seen from its parent. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { TardyError } from '../../errors.ts';
import {
  childMessageSchema,
  type LeaseSight,
  type ParentMessage,
  type Ready,
  type Sight,
} from './messages.ts';
import { hasStopSignals } from './stop-signals.ts';

export interface ChildOptions {
  readonly name: string;
  readonly program: URL;
  /** Handed over as JSON. */
  readonly argument: object;
  readonly env: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  /** Called with what it sees of its peers. */
  readonly onSight: (sight: Sight) => void;
  /** And with what becomes of its lease. */
  readonly onLease: (sight: LeaseSight) => void;
}

/** A machine under full load takes seconds to start five processes. */
const START_MS = 30_000;
/** Who has not ended by then is killed. */
const STOP_MS = 2000;
/** What is kept of its stderr to explain why it ended. */
const STDERR_MAX = 2000;

export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;
  #stderr = '';
  #end: string | undefined;

  constructor({ name, program, argument, env, execArgv = [], ...told }: ChildOptions) {
    this.#name = name;
    this.#process = fork(program, [JSON.stringify(argument)], {
      env,
      execArgv: [...execArgv],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_MAX);
    });
    this.#process.on('error', ({ message }) => (this.#end ??= message));
    this.#process.on('exit', (code, signal) => (this.#end ??= `ended with ${signal ?? code}`));
    this.#process.on('message', (raw) => {
      const message = childMessageSchema.safeParse(raw).data;
      if (message?.kind === 'sight') told.onSight(message.sight);
      if (message?.kind === 'lease') told.onLease(message.sight);
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Why it is gone; undefined while it lives. */
  get end(): TardyError | undefined {
    return this.#end === undefined ? undefined : this.#failure(this.#end);
  }

  /** What it says of itself when it serves. Throws ERR_TARDY_UNREACHABLE if it never does. */
  ready(): Promise<Ready> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        reject(this.#failure(why));
      };
      const timer = setTimeout(() => fail(`not ready within ${START_MS / 1000} s`), START_MS);
      this.#process.on('message', (raw) => {
        const message = childMessageSchema.safeParse(raw).data;
        // It may have seen others before it serves itself.
        if (message?.kind === 'sight' || message?.kind === 'lease') return;
        if (message?.kind !== 'ready') return fail(message?.message ?? 'says what nobody expects');
        clearTimeout(timer);
        resolve(message);
      });
      // Not `exit`: its last words come after that.
      this.#process.once('close', () => fail(this.#end ?? 'gone'));
    });
  }

  tell(message: ParentMessage): void {
    // It may be going at this moment: then there is nothing to tell.
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(signal);
  }

  /** As kill -9 does; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#end !== undefined) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  /** Ends by itself when disconnected; resolves when it has. */
  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    const gone = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    // Who stands still does not notice.
    if (hasStopSignals()) this.signal('SIGCONT');
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(killer);
  }

  #failure(why: string): TardyError {
    const words = this.#stderr.trim();
    const message = `${this.#name}: ${why}${words === '' ? '' : `\n${words}`}`;
    return new TardyError('ERR_TARDY_UNREACHABLE', message);
  }
}
