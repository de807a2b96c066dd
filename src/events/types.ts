/** Everything that happens, of whichever part. */
import type { TimeSourceEvent } from '../../collectors/time-source.ts';
import type { FencingEvent } from '../leasing/hub.ts';
import type { MembershipEvent } from '../membership/types.ts';
import type { PauseEvent } from '../pause/pause-event.ts';

/** Our own wall clock was set, by that much within ± errorMs; forward is > 0. */
export interface WallStepEvent {
  readonly type: 'wall-step';
  readonly atMs: number;
  readonly byMs: number;
  readonly errorMs: number;
}

/** We stood still, and why. */
export type OwnPauseEvent = PauseEvent & { readonly type: 'pause'; readonly atMs: number };

export type Happening =
  MembershipEvent | TimeSourceEvent | WallStepEvent | OwnPauseEvent | FencingEvent;

/** An event with its place in the log. */
export type TardyEvent = Happening & {
  /** Counts the events of this process, from 1. */
  readonly id: number;
  /** By the wall clock, in ms since 1970. */
  readonly atWallMs: number;
};

export type TardyEventListener = (event: TardyEvent) => void;
