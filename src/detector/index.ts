/** Failure detectors on heartbeats: the pure core, usable alone. */
export * from './baselines/index.ts';
export { createPhiAccrualDetector, type PhiAccrualOptions, SUSPECT_PHI } from './phi-accrual.ts';
export { planQos, type QosImpossible, type QosPlan, type QosRequest } from './qos.ts';
export type { Detector, Heartbeat } from './types.ts';
