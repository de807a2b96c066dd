/**
 * `tardy/lease`: leases that end in time, and fencing tokens for when they do not.
 * docs/leases.md says which of them holds what.
 */
export { fencing, fencingErrors } from './apply/fencing.ts';
export type { FencingMiddleware, FencingOptions, RequestFence } from './apply/fencing.ts';
export { judgeToken, parseToken, TOKEN_MAX, type TokenVerdict } from './lease/fencing-rule.ts';
export { DRIFT_PPM, heldUntilMs, type LeaseRule, type LeaseSpan } from './lease/lease-rule.ts';
export { type Margin, type MarginOptions, proposeMargin } from './lease/margin.ts';
export { type IssuedLease, TokenIssuer } from './lease/token-issuer.ts';
export {
  type EtcdFencingOptions,
  type EtcdFencingStore,
  etcdFencingStore,
  type EtcdWrite,
} from './leasing/etcd-fencing-store.ts';
export type { EtcdOptions } from './leasing/etcd-gateway.ts';
export {
  type AcquireOptions,
  createEtcdLock,
  type EtcdLock,
  type EtcdLockOptions,
} from './leasing/etcd-lock.ts';
export {
  type FencingStore,
  type Outcome,
  type Raised,
  refuseStale,
  StaleTokenError,
  StoreError,
  type TransactionalFencingStore,
} from './leasing/fencing-store.ts';
export {
  type FencingEvent,
  onFencingRejected,
  rejections,
  type StaleToken,
  type TripCause,
} from './leasing/hub.ts';
export { checkAtWrite } from './leasing/last-instant.ts';
export type { LeaseClocks } from './leasing/lease-clocks.ts';
export {
  type AcquiredLease,
  createLeaseGuard,
  type LeaseGuard,
  type LeaseGuardOptions,
  type RunningLease,
} from './leasing/lease-guard.ts';
export { LeaseLostError } from './leasing/lease-lost.ts';
export {
  type LocalWrite,
  type SingleProcessFencingStore,
  singleProcessFencingStore,
  type SingleProcessOptions,
} from './leasing/single-process-store.ts';
