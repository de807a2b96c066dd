import type { HybridClock } from '../clock/hlc.ts';
import type { OffsetBounds } from '../clock/types.ts';
import type { Rules } from './rules.ts';
import type { Instant, MembershipEvent, Outgoing } from './types.ts';

export interface MembershipOptions {
  /** Our own name among the members; undefined until it is known. */
  readonly self?: string | undefined;
  /** 16 hex digits, drawn at start. */
  readonly bootId: string;
  /** Between two questions to a peer, in ms. Default 1000. */
  readonly intervalMs?: number;
  /** Phi at which a silence is a suspicion. Default 8. */
  readonly suspectPhi?: number;
  /** Observers a member, above 50 members. Default 9. */
  readonly observers?: number;
  /** What others say counts; false without a secret. Default true. */
  readonly trustOpinions?: boolean;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly send: (out: Outgoing) => void;
  readonly emit: (event: MembershipEvent) => void;
  /** How far a clock may be off ours, in ms. Default 500. */
  readonly maxOffsetMs?: number;
  /** By how much two clocks may drift apart, in millionths. Default 200. */
  readonly maxDriftPpm?: number;
  /** The hybrid logical clock that heartbeats carry. Default: one of its own. */
  readonly hlc?: HybridClock;
  /** True time less our wall clock, as far as we know, to be handed on. Default: we do not. */
  readonly reference?: (nowMs: number) => OffsetBounds | undefined;
  /** This moment, for timestamps. Default: the instant that each call is given. */
  readonly stamp?: () => Instant;
  /** Turns of our main loop so far. Default: of this membership. */
  readonly progress?: () => number;
  /** For tests: wrong rules. */
  readonly rules?: Partial<Rules>;
}
