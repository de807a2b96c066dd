/** What the bench and the process that stands still say to one another. */
import type { PauseEvent } from '../../src/pause/pause-event.ts';

export interface VictimJob {
  /** `none`: nothing of ours; `pauses`: told without causes; `thread`: watched by a thread too. */
  readonly watch: 'none' | 'pauses' | 'causes' | 'thread';
}

export type Act = 'sync-code' | 'gc' | 'gc natural' | 'Atomics.wait' | 'execSync' | 'readSync';

export type ToVictim =
  | { readonly kind: 'act'; readonly act: Act; readonly forMs: number }
  /** Share of its time in which it runs code, in slices of some milliseconds. */
  | { readonly kind: 'busy'; readonly share: number }
  /** From now on by Node's own histogram, too. */
  | { readonly kind: 'measure delays' }
  | { readonly kind: 'delays' }
  | { readonly kind: 'cpu' };

export interface Told extends PauseEvent {
  readonly kind: 'pause';
  /** When it was told, by the same clock. */
  readonly toldMs: number;
}

/** It has stood still by itself, and for how long. */
export interface Acted {
  readonly kind: 'acted';
  readonly fromMs: number;
  readonly toMs: number;
  /** CPU time its threads got meanwhile. */
  readonly cpuMs: number;
}

export interface Delays {
  readonly kind: 'delays';
  /** Since it began. */
  readonly forMs: number;
  /** p50, p99 and maximum: ours, and what `monitorEventLoopDelay` says. */
  readonly ours: readonly (number | undefined)[];
  readonly node: readonly number[];
}

export interface Cpu {
  readonly kind: 'cpu';
  readonly atMs: number;
  readonly cpuMs: number;
  readonly rssMiB: number;
}

export type FromVictim = Told | Acted | Delays | Cpu;
