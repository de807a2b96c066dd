/** Programs that end-to-end tests start, and that are ended with the test whatever happens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findNode, type NodeBinary, ROOT } from './node-versions.ts';
import { until } from './e2e-wait.ts';

/** Folder of the programs that tests run. */
export const FIXTURES = join(ROOT, 'test', 'e2e', 'fixtures');

/** `--import` as a user writes it; Node resolves it from the working directory, so from ROOT. */
export const REGISTER: readonly string[] = ['--import', 'tardy/register'];

export interface ProgramOptions {
  /** Default: the Node that runs the tests. */
  readonly node?: NodeBinary;
  /** Before the name of the program. */
  readonly nodeArgs?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default ROOT, where `tardy/...` means the built package. */
  readonly cwd?: string;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when the output holds this, rejects when the program ends before. */
  said(what: string | RegExp, where?: 'stdout' | 'stderr', deadlineMs?: number): Promise<string>;
  send(line: string): void;
  readonly ended: Promise<Ending>;
  /** Ends it and waits until it has. */
  stop(signal?: NodeJS.Signals): Promise<Ending>;
}

/** Starts a file of FIXTURES, or one with an absolute path. To be called within a test. */
export function startProgram(file: string, options: ProgramOptions = {}): Program {
  const program = launchProgram(file, options);
  onTestFinished(() => void program.process.kill('SIGKILL'));
  return program;
}

/** Runs a program to its end. */
export async function runProgram(file: string, options: ProgramOptions = {}): Promise<Ending> {
  return startProgram(file, options).ended;
}

/** Runs a program that prints one JSON value as its last line; fails if it ends badly. */
export async function runForJson(file: string, options: ProgramOptions = {}): Promise<unknown> {
  return jsonOf(file, await launchProgram(file, options).ended);
}

function jsonOf(file: string, { code, signal, stdout, stderr }: Ending): unknown {
  if (code !== 0) throw new Error(`${file} ended with ${code ?? signal}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** For several tests: whoever launches it stops it. */
export function launchProgram(file: string, options: ProgramOptions): Program {
  const { node, nodeArgs = [], args = [], env = {}, cwd = ROOT } = options;
  const command = (node ?? findNode(process.versions.node))?.path ?? process.execPath;
  const path = file.startsWith('/') ? file : join(FIXTURES, file);
  const child = spawn(command, [...nodeArgs, path, ...args], {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return watch(file, child);
}

function watch(file: string, child: ReturnType<typeof spawn>): Program {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  child.stdin?.on('error', () => undefined); // it may have ended before it read
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  let over = false;
  ended.then(
    () => (over = true),
    () => (over = true),
  );
  return {
    process: child,
    ended,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    send: (line) => void child.stdin?.write(`${line}\n`),
    said(what, where = 'stdout', deadlineMs) {
      const found = () => matchOf(output[where], what);
      return until(
        () => {
          const text = found();
          if (text === undefined && over) {
            throw new Error(`${file} ended before it said ${what}\n${JSON.stringify(output)}`);
          }
          return text;
        },
        `${file} to say ${what}`,
        deadlineMs,
      );
    },
    stop(signal = 'SIGKILL') {
      child.kill(signal);
      return ended;
    },
  };
}

function matchOf(text: string, what: string | RegExp): string | undefined {
  if (typeof what === 'string') return text.includes(what) ? what : undefined;
  const match = what.exec(text);
  return match ? (match[1] ?? match[0]) : undefined;
}

/** Ours less what would configure the program behind the test's back. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|TARDY_|NODE_OPTIONS$|NODE_ENV$|VITEST|FORCE_COLOR$)/.test(name),
  );
  return Object.fromEntries(entries);
}
