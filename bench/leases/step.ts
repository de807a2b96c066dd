/** The wall clock is set by an hour: who still believes to hold the lease? */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasDebianTool, LIBFAKETIME } from '../../test/support/debian.ts';
import { goal, type PartResult } from '../timeouts/report.ts';
import type { Options } from './options.ts';

const STEPS_S = [-3600, 3600];
const RUNS = { full: 5, quick: 1 };

/** For how long each held the lease beyond its end, in ms, and whether it let go early. */
interface Held {
  readonly guardMs: number;
  readonly wallMs: number;
}

export async function stepPart(
  options: Options,
  progress: (what: string) => void,
): Promise<PartResult> {
  if (!hasDebianTool('libfaketime')) throw new Error('part step needs Debian’s libfaketime');
  const runs = options.quick ? RUNS.quick : RUNS.full;
  const all: { readonly stepS: number; readonly held: Held }[] = [];
  for (const stepS of STEPS_S) {
    progress(`wall clock set by ${stepS} s`);
    for (let i = 0; i < runs; i++) all.push({ stepS, held: await stepOnce(stepS) });
  }
  const worst = (stepS: number, key: keyof Held) =>
    Math.max(...all.filter((each) => each.stepS === stepS).map(({ held }) => held[key]));
  const guardMs = Math.max(...STEPS_S.map((stepS) => worst(stepS, 'guardMs')));
  return {
    tables: [
      {
        title: `The wall clock is set 100 ms into a lease of 300 ms (libfaketime), ${runs} times each`,
        columns: [
          'set by',
          'LeaseGuard held at most, ms',
          'Date.now rule (redlock) held at most, ms',
        ],
        rows: STEPS_S.map((stepS) => [
          `${stepS > 0 ? '+' : ''}${stepS / 3600} h`,
          worst(stepS, 'guardMs').toFixed(0),
          worst(stepS, 'wallMs').toFixed(0),
        ]),
        notes: ['looked at every 5 ms for 1000 ms: 1000 means that it did not end while looked at'],
      },
    ],
    goals: [
      goal({ what: 'LeaseGuard held after a step of ± 1 h, ms', measured: guardMs, high: 300 }),
    ],
    figures: all,
  };
}

async function stepOnce(stepS: number): Promise<Held> {
  const dir = await mkdtemp(join(tmpdir(), 'tardy-step-'));
  const file = join(dir, 'faketime');
  try {
    await writeFile(file, '+0');
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('step-process.ts', import.meta.url))],
      {
        env: {
          ...process.env,
          LD_PRELOAD: LIBFAKETIME,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text === 'set\n') void writeFile(file, `${stepS > 0 ? '+' : ''}${stepS}`);
    });
    await new Promise((resolve) => child.once('close', resolve));
    return JSON.parse(text.split('\n')[1] ?? '') as Held;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
