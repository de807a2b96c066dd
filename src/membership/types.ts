/** What goes into a membership and comes out of it. */
import type { Offset } from '../clock/types.ts';
import type { OffsetVerdict } from '../clock/verdict.ts';
import type { Message } from './message.ts';

/** An instant by our two clocks. */
export interface Instant {
  readonly monoMs: number;
  readonly wallMs: number;
  /** How far the wall clock may be off what is told of it here, either way, in ms. Default 0. */
  readonly wallErrorMs?: number;
  /** How often the wall clock was set, as far as we noticed. Default 0. */
  readonly wallSteps?: number;
}

/** The clock of a peer against ours, and what is held of it. */
export interface PeerClockView extends Offset {
  /** Of its interval: wholly inside the budget, wholly outside on one side, or neither. */
  readonly verdict: OffsetVerdict;
  /** Observers that hold it out. */
  readonly outBy: readonly string[];
  /** Jumps of its clock so far. */
  readonly steps: number;
}

/**
 * What is held of a peer. `unknown`: no evidence yet. `slow`: late, though not beyond suspicion.
 * `stalled`: its host or a thread of it answers, its main loop does not. `suspect`: we do not hear
 * it, or know that it is gone. `disputed`: we suspect it, another observer hears it. `dead`: more
 * than half of those assigned to watch it suspect it. `left`: it said goodbye. `clock-out`: it
 * answers, and for a majority its clock is certainly further off than the budget allows.
 */
export const PEER_STATES = [
  'unknown',
  'alive',
  'slow',
  'stalled',
  'suspect',
  'disputed',
  'dead',
  'left',
  'clock-out',
] as const;
export type PeerState = (typeof PEER_STATES)[number];

/** What somebody else saw of a peer. */
export type Evidence =
  /** Some reply came from it, whatever it said. */
  | { readonly kind: 'reply' }
  /** Its kernel took a TCP connection within so long: the host lives, of the process it tells nothing. */
  | { readonly kind: 'connect'; readonly durationMs: number }
  /** Nothing was heard for so long though requests wait, which is so surprising. */
  | { readonly kind: 'in-flight'; readonly ageMs: number; readonly phi: number }
  /** Nothing listens there: the process is gone, the host lives. */
  | { readonly kind: 'refused' }
  /** A connection that was open broke off: it may be gone, so ask at once. */
  | { readonly kind: 'reset' }
  /** No way to its host (ICMP, or our own routing table). */
  | { readonly kind: 'unreachable' }
  /** Its supervisor or it said so. */
  | { readonly kind: 'goodbye' | 'crash' | 'down' };

/** Why a peer is suspected. */
export type SuspicionReason =
  'silence' | 'in-flight' | 'refused' | 'unreachable' | 'crash' | 'down';

/** To be sent; answers are returned by `receive` instead. */
export interface Outgoing {
  readonly to: string;
  readonly message: Message;
  /** In doubt: over every transport there is. */
  readonly urgent: boolean;
}

/** Each change of what is held of a peer, and what moved it. */
export type MembershipEvent = { readonly atMs: number } & (
  | {
      readonly type: 'state';
      readonly peer: string;
      readonly from: PeerState;
      readonly to: PeerState;
      /** In words: what moved it. */
      readonly because: string;
      /** −log10 of the probability of such a silence from a live peer. */
      readonly phi?: number;
      /** How long nothing was heard while we could have, in ms. */
      readonly silentMs?: number;
      /** Observers that suspect it, of those assigned. */
      readonly votes?: { readonly suspect: readonly string[]; readonly assigned: number };
    }
  | { readonly type: 'evidence'; readonly peer: string; readonly evidence: Evidence }
  | { readonly type: 'suspicion'; readonly peer: string; readonly reason: SuspicionReason }
  /** A suspicion proved wrong: the same life of the peer was heard again. */
  | {
      readonly type: 'mistake';
      readonly peer: string;
      readonly reason: SuspicionReason;
      readonly lastedMs: number;
    }
  | { readonly type: 'restarted'; readonly peer: string; readonly bootId: string }
  /** More than half of our observers suspect us, or no longer do. */
  | {
      readonly type: 'self-suspected';
      readonly suspected: boolean;
      readonly by: readonly string[];
      readonly assigned: number;
    }
  /** What we alone hold of its clock, and why: it is ahead of ours by lowMs to highMs. */
  | {
      readonly type: 'clock';
      readonly peer: string;
      readonly from: OffsetVerdict | 'unknown';
      readonly to: OffsetVerdict;
      readonly lowMs: number;
      readonly highMs: number;
    }
  /** Its clock jumped against ours, by that much within ± errorMs; or somebody lied. */
  | {
      readonly type: 'clock-step';
      readonly peer: string;
      readonly byMs: number;
      readonly errorMs: number;
    }
  /** More than half of our observers hold our clock out of budget, or no longer do. */
  | {
      readonly type: 'self-clock-out';
      readonly out: boolean;
      readonly by: readonly string[];
      readonly assigned: number;
    }
  /** Many peers went silent at once: we doubt ourselves first, and wait longer. */
  | { readonly type: 'self-doubt'; readonly score: number }
  /** A message that was not taken, and why. */
  | { readonly type: 'refused-message'; readonly from: string; readonly why: string }
);

/** One row of the matrix: what an observer says of a peer. */
export interface Cell {
  readonly observer: string;
  readonly peer: string;
  readonly state: PeerState;
  /** Since the observer had a sign of life of it. */
  readonly heardAgoMs: number | undefined;
  /** Since the observer said so. */
  readonly ageMs: number;
}

/** A peer as we hold it now. */
export interface PeerView {
  readonly peer: string;
  readonly state: PeerState;
  /** What we alone would say. */
  readonly vote: PeerState;
  readonly phi: number | undefined;
  readonly bootId: string | undefined;
  readonly lastHeardAgoMs: number | undefined;
  readonly rttMs: number | undefined;
  readonly watched: boolean;
  readonly observers: number;
  readonly suspectedBy: readonly string[];
  readonly suspicions: number;
  readonly mistakes: number;
  readonly because: string;
  /** Undefined until its clock was read. */
  readonly clock?: PeerClockView | undefined;
}
