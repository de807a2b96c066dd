/** A rule says what timeout to arm, and learns from how the requests ended. */
import type { InFlight, Observation } from '../../src/timeout/types.ts';

export interface Rule {
  readonly name: string;
  /** What to arm for a request that starts now, in ms. */
  timeoutMs(nowMs: number): number;
  /** A request that has ended; not called for one whose `begin` gave something to end. */
  observe(observation: Observation): void;
  /** A request starts, after `timeoutMs` was asked. */
  begin?(nowMs: number): InFlight;
}

/** What a rule is made for. */
export interface Aim {
  /** Share of live replies that may be cut off. */
  readonly targetRate: number;
  /** For a rule that rolls dice itself. */
  readonly seed: number;
}

export interface RuleMaker {
  readonly name: string;
  make(aim: Aim): Rule;
}

/** Nobody arms more: rules that answer Infinity would never see a request end. */
export const CEILING_MS = 60_000;
