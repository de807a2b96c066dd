/**
 * When the next heartbeat is expected (Chen's EA):
 *
 *   EA = mean over the last n of (arrived − stamp) + stamp of the last + interval,
 *
 * where the stamp is interval × sequence number as published, or the send time by the sender's
 * clock. Sequence numbers take the sender for a grid. A grid that shifts, as setInterval's does
 * after a pause, makes every heartbeat late until the window has forgotten the old one.
 */
import { argumentError } from '../../errors.ts';
import type { Heartbeat } from '../types.ts';
import { INTERVAL_MS, type IntervalOption, positive } from './deadline-rule.ts';
import { SampleWindow } from './sample-window.ts';

/** What the arrival is compared with. */
export type Stamp = 'seq' | 'send-time';

export interface StampOption {
  /** `seq` as published; `send-time` where the sender tells it. Default `seq`. */
  readonly by?: Stamp;
}

export class ArrivalEstimate {
  readonly #intervalMs: number;
  readonly #by: Stamp;
  readonly #delays: SampleWindow;
  #stampMs = 0;

  constructor(options: IntervalOption & StampOption, windowSize: number) {
    this.#intervalMs = positive('intervalMs', options.intervalMs ?? INTERVAL_MS);
    this.#by = options.by ?? 'seq';
    this.#delays = new SampleWindow(windowSize);
  }

  learn(beat: Heartbeat): void {
    const stamp = this.#by === 'seq' ? beat.seq : beat.sentAtMs;
    if (stamp === undefined) {
      const name = this.#by === 'seq' ? 'seq' : 'sentAtMs';
      throw argumentError(name, stamp, 'given: this detector compares the arrival with it');
    }
    this.#stampMs = this.#by === 'seq' ? stamp * this.#intervalMs : stamp;
    this.#delays.push(beat.arrivedAtMs - this.#stampMs);
  }

  /** By the receiver's clock; NaN before the first heartbeat. */
  nextMs(): number {
    return this.#delays.mean + this.#stampMs + this.#intervalMs;
  }
}
