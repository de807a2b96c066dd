/** Failure detectors on heartbeats: the pure core, usable alone. */
export * from './baselines/index.ts';
export { createPhiAccrualDetector, type PhiAccrualOptions, SUSPECT_PHI } from './phi-accrual.ts';
export type { Detector, Heartbeat } from './types.ts';
