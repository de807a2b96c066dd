/** Helpers of the scripts: run a program, report a step, say what could not be provided. */
import { spawn, type SpawnOptions } from 'node:child_process';
import { ROOT } from '../test/support/node-versions.ts';

/** Something the tests would use that this machine does not have, and why. */
export interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** A download that hangs must end, so that the run can say which one it was. */
const QUIET_TIMEOUT_MS = 10 * 60_000;

/** Enough of a failed program's output to see why. */
const TAIL_LINES = 30;

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

interface Ending {
  readonly code: number;
  readonly output: string;
}

function execute(command: string, args: readonly string[], options: SpawnOptions): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code: code ?? 1, output: signal ? `${output}\nended by ${signal}` : output });
    });
  });
}

/** Runs a program without a sound; throws with the end of its output if it fails. */
export async function runQuietly(
  command: string,
  args: readonly string[],
  { env = {}, cwd = ROOT }: RunOptions = {},
): Promise<string> {
  const { code, output } = await execute(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: QUIET_TIMEOUT_MS,
  });
  if (code === 0) return output;
  const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  throw new Error(
    `${command} failed with exit code ${code}\n$ ${command} ${args.join(' ')}\n${tail}`,
  );
}

/** Runs a program on this terminal; gives its exit code. */
export async function runLoudly(
  command: string,
  args: readonly string[],
  { env = {}, cwd = ROOT }: RunOptions = {},
): Promise<number> {
  const stdio = ['ignore', 'inherit', 'inherit'] satisfies SpawnOptions['stdio'];
  const { code } = await execute(command, args, { cwd, env: { ...process.env, ...env }, stdio });
  return code;
}

/** A line of progress with the time since the start; on stderr, stdout is for results. */
export function say(line: string): void {
  process.stderr.write(`[${(performance.now() / 1000).toFixed(1).padStart(6)} s] ${line}\n`);
}

/** First line of an error's message. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0]!;
}

/** Provides one thing; a failure becomes a skip that names it, with the details on stderr. */
export async function provide(name: string, work: () => Promise<string>): Promise<Skip[]> {
  try {
    say(`${name}: ${await work()}`);
    return [];
  } catch (error) {
    say(`${name}: not available. ${error instanceof Error ? error.message : String(error)}`);
    return [{ name, reason: firstLine(error) }];
  }
}
