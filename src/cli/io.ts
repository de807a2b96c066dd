/**
 * What a command knows of the world: stdout for its result, stderr for progress and complaints,
 * the environment, the terminal, and Ctrl-C. Commands take it as an argument, so that tests run
 * them in their own process.
 */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface Io {
  /** Writes a part of the result. */
  readonly out: (text: string) => void;
  /** Writes progress or a complaint. */
  readonly err: (text: string) => void;
  readonly env: Environment;
  /** The terminal that stdout is, as wide as it is now; undefined if it is a pipe or a file. */
  readonly terminal: () => TerminalSize | undefined;
  /** Aborted by Ctrl-C, or when nobody reads the result any more. */
  readonly signal: AbortSignal;
  /** Milliseconds since the program was started. */
  readonly nowMs: () => number;
}

/** Until a terminal says how large it is. */
const USUAL_SIZE: TerminalSize = { columns: 80, rows: 24 };

/** The world as this process has it. */
export function processIo(): Io {
  const { stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    env: process.env,
    terminal: () => (stdout.isTTY ? sizeOf(stdout) : undefined),
    signal: interruption(),
    nowMs: () => performance.now(),
  };
}

/** A terminal may say 0 × 0 before it knows. */
function sizeOf({ columns, rows }: { columns: number; rows: number }): TerminalSize {
  return { columns: columns || USUAL_SIZE.columns, rows: rows || USUAL_SIZE.rows };
}

/**
 * The first Ctrl-C asks the command to end, the second ends it. A reader who has gone (`| head`)
 * is no error: the rest of the result is for nobody.
 */
function interruption(): AbortSignal {
  const controller = new AbortController();
  let asked = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (++asked > 1) process.exit(130);
      controller.abort();
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode);
      throw error;
    });
  }
  return controller.signal;
}
