/** What a process that stands still is told, and what it tells. */
import type { PeerState } from '../../../src/membership/types.ts';
import type { BenchNodeOptions } from './bench-node.ts';

/** `sigstop` is done to it; the others it does itself. */
export const STALLS = ['io', 'immediate', 'timer', 'gc', 'sigstop'] as const;
export type StallKind = (typeof STALLS)[number];

/** A naive detector suspects after so many intervals without a heartbeat. */
export const NAIVE_INTERVALS = 3;

export interface StallJob extends BenchNodeOptions {
  /** Bare datagrams of the peer come here. */
  readonly naivePort: number;
}

export interface StallOrder {
  readonly stall: StallKind;
  readonly forMs: number;
  /** The peer is killed meanwhile: tell when its deadline is. */
  readonly isPeerToDie: boolean;
}

/** Instants by the wall clock of the machine, in ms. */
export type StallReport =
  | { readonly kind: 'stalled'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'suspicion' | 'naive' | 'deadline'; readonly atMs: number }
  | { readonly kind: 'state'; readonly to: PeerState };
