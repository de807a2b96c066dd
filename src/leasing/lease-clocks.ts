/** The clocks a lease is counted by. */
import { openSync, readSync } from 'node:fs';
import { uptime } from 'node:os';
import { RunningClock } from '../lease/running-clock.ts';

export interface LeaseClocks {
  /** Monotonic, in ms. */
  monoMs(): number;
  /** Since boot, in ms: runs on while the machine sleeps. */
  bootMs(): number;
  /** What `bootMs` is too low by at most, in ms. */
  readonly bootGrainMs: number;
}

/** Linux tells the time since boot in hundredths of a second, and libuv in whole ones without it. */
const GRAIN_MS = { file: 10, libuv: 1000 };
const UPTIME = '/proc/uptime';
const DOT = 46;
const ZERO = 48;

/**
 * `performance.now()` and the kernel's time since boot. Only Linux' monotonic clock stands still
 * while the machine sleeps; elsewhere libuv reads one that runs on, and one clock is enough.
 */
function systemClocks(): LeaseClocks {
  const monoMs = () => performance.now();
  if (process.platform !== 'linux') return { monoMs, bootMs: monoMs, bootGrainMs: 0 };
  return { monoMs, ...bootClock() };
}

/** The file is kept open: os.uptime() opens it each time, for three times the price. */
export function bootClock(path = UPTIME): Omit<LeaseClocks, 'monoMs'> {
  const byLibuv = () => uptime() * 1000;
  const bytes = Buffer.alloc(64);
  try {
    const fd = openSync(path, 'r');
    const bootMs = () => {
      try {
        return uptimeOf(bytes, readSync(fd, bytes, 0, bytes.length, 0)) ?? byLibuv();
      } catch {
        return byLibuv(); // somebody closed our file
      }
    };
    return { bootMs, bootGrainMs: GRAIN_MS.file };
  } catch {
    return { bootMs: byLibuv, bootGrainMs: GRAIN_MS.libuv }; // no /proc here
  }
}

/** The first number of the file, such as 33514.66, in ms; undefined if that is not what it holds. */
function uptimeOf(bytes: Uint8Array, length: number): number | undefined {
  let digits = 0;
  let dotAt = -1;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    if (byte === DOT) dotAt = i;
    else if (byte < ZERO || byte > ZERO + 9) return undefined;
    else digits = digits * 10 + byte - ZERO;
    if (dotAt > 0 && i === dotAt + 2) return digits * 10;
  }
  return undefined;
}

/** Tells the time for leases. */
export interface LeaseTime {
  nowMs(): number;
  readonly grainMs: number;
}

let ours: LeaseTime | undefined;

/** By the clocks given, or by those of the system: one for the process. */
export function leaseTime(clocks?: LeaseClocks): LeaseTime {
  return clocks ? timeBy(clocks) : (ours ??= timeBy(systemClocks()));
}

function timeBy(clocks: LeaseClocks): LeaseTime {
  const running = new RunningClock();
  const nowMs = () => {
    const bootMs = clocks.bootMs(); // first: see ClockReading
    return running.nowMs({ monoMs: clocks.monoMs(), bootMs });
  };
  nowMs();
  return { nowMs, grainMs: clocks.bootGrainMs };
}
