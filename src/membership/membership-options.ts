import type { Rules } from './rules.ts';
import type { MembershipEvent, Outgoing } from './types.ts';

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
  /** Turns of our main loop so far. Default: of this membership. */
  readonly progress?: () => number;
  /** For tests: wrong rules. */
  readonly rules?: Partial<Rules>;
}
