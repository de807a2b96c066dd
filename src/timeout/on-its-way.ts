import type { Linked } from './in-flight.ts';
import type { Stance } from './reply-model.ts';
import type { InFlight, Observation } from './types.ts';

/** Who began a request, and is told when it has ended. */
export interface Owner {
  ended(item: OnItsWay, observation?: Observation): void;
}

export interface Armed {
  readonly startedAtMs: number;
  readonly armedMs: number;
  readonly stance: Stance;
}

export class OnItsWay implements InFlight, Linked {
  previous: Linked | undefined;
  next: Linked | undefined;
  readonly startedAtMs: number;
  readonly armedMs: number;
  readonly stance: Stance;
  #owner: Owner | undefined;

  constructor(owner: Owner, { startedAtMs, armedMs, stance }: Armed) {
    this.startedAtMs = startedAtMs;
    this.armedMs = armedMs;
    this.stance = stance;
    this.#owner = owner;
  }

  end(observation: Observation): void {
    this.#owner?.ended(this, observation);
    this.#owner = undefined;
  }

  drop(): void {
    this.#owner?.ended(this);
    this.#owner = undefined;
  }
}
