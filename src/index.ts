/** The public face of Tardy. */
export { withRoute } from '../collectors/client.ts';
export type { OutgoingCall } from '../collectors/client.ts';
export type { ClockReport, PausesReport } from './clock-report.ts';
export type { Config, ConfigOptions } from './config.ts';
export { TardyError, type TardyErrorCode } from './errors.ts';
export { TardyInstrumentation } from './instrumentation.ts';
export type {
  AdviceEntry,
  PeerEntry,
  PeersReport,
  TimeoutEntry,
  TimeoutsReport,
} from './report.ts';
export { type CallInit, createTardy, type Tardy, type TardyOptions } from './tardy.ts';
export type { EventLog } from './events/event-log.ts';
export type { Happening, TardyEvent, TardyEventListener } from './events/types.ts';
export { PEER_STATES } from './membership/types.ts';
export type {
  Cell,
  Evidence,
  MembershipEvent,
  PeerState,
  SuspicionReason,
} from './membership/types.ts';
export { PAUSE_CAUSES, type PauseCause } from './pause/cause.ts';
export type { Clock, CommitWaitOptions, TimeReading } from './timekeeping/clock.ts';
export type { Advice, Basis } from './timeout/types.ts';
export type { WhatIf } from './timeout/what-if.ts';
export type { CallToArm, Plan, TimeoutSource } from './apply/source.ts';
export { MODES, type Mode, type Rule } from './peers/policy.ts';
