/**
 * `tardy/testing`: virtual time, a simulated network, clusters with faults, and trace replay. All
 * of it deterministic: what a seed showed once, it shows again.
 */
export { type CheckOptions, type Violation } from './checks.ts';
export { Cluster, type ClusterOptions, type Watcher } from './cluster.ts';
export { type BurstLoss, type Delay, drawDelayMs } from './delay.ts';
export { describe, EventLog, type LogEntry } from './event-log.ts';
export {
  type CrashKind,
  drawFaults,
  type Fault,
  type FaultKind,
  type FaultLinks,
  type FaultPlan,
} from './faults.ts';
export {
  type Effect,
  type Impairment,
  type LinkOptions,
  type Links,
  Network,
  type NetworkCounters,
  type NetworkOptions,
} from './network.ts';
export {
  type Birth,
  type Phase,
  SimNode,
  type SimNodeOptions,
  type SimulatedMembership,
} from './node.ts';
export { NodeClock, type NodeClockOptions } from './node-clock.ts';
export { type Random, randomFrom } from './random.ts';
export { type Pause, replay, type ReplayOptions, type Suspicion } from './replay.ts';
export { simulate, type SimulateOptions, type Simulation } from './simulate.ts';
export { type Scheduled, VirtualTime } from './virtual-time.ts';
