import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Refusal, RefusalReason } from './transport.ts';

/** What is told of is for people, so that nobody can keep us busy with telling. */
const TOLD_PER_SECOND = 20;

/** Counts all that was dropped, and tells of as much as anybody could read. */
export class Refusals {
  readonly counts = new Map<RefusalReason, number>();
  readonly #tell: (refusal: Refusal) => void;

  readonly #rate = new TokenBucket(TOLD_PER_SECOND);

  constructor(diagnostics: Diagnostics, onRefusal?: (refusal: Refusal) => void) {
    this.#tell = diagnostics.guard('heartbeat refusal', (refusal: Refusal) => onRefusal?.(refusal));
  }

  add(reason: RefusalReason, from: string, why: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
    if (this.#rate.take(performance.now())) this.#tell({ reason, why, from });
  }
}
