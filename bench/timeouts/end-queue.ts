/** The requests on their way in a simulation, and who hears of their ends. */
import type { InFlight, Observation } from '../../src/timeout/types.ts';
import type { Rule } from './rule.ts';

/** A binary heap by the instant of their end, in typed arrays. */
export class EndQueue {
  readonly #rule: Rule;
  readonly #rttsMs: Float64Array;
  readonly #armedMs: Float64Array;
  #endsMs = new Float64Array(1024);
  #requests = new Int32Array(1024);
  #size = 0;
  /** Only of rules that register their requests. */
  readonly #inFlight = new Map<number, InFlight>();

  constructor(rule: Rule, rttsMs: Float64Array, armedMs: Float64Array) {
    this.#rule = rule;
    this.#rttsMs = rttsMs;
    this.#armedMs = armedMs;
  }

  /** Requests in flight. */
  get size(): number {
    return this.#size;
  }

  /** When the next of them ends; Infinity without any. */
  get firstEndMs(): number {
    return this.#size > 0 ? (this.#endsMs[0] as number) : Infinity;
  }

  /** Its round trip and its timeout must be in their arrays by now. */
  start(request: number, nowMs: number, endMs: number): void {
    if (this.#rule.begin) this.#inFlight.set(request, this.#rule.begin(nowMs));
    if (this.#size === this.#endsMs.length) this.#grow();
    let at = this.#size++;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((this.#endsMs[above] as number) <= endMs) break;
      this.#move(above, at);
      at = above;
    }
    this.#endsMs[at] = endMs;
    this.#requests[at] = request;
  }

  endUntil(nowMs: number): void {
    while (this.#size > 0 && (this.#endsMs[0] as number) <= nowMs) this.#end();
  }

  #end(): void {
    const atMs = this.#endsMs[0] as number;
    const request = this.#requests[0] as number;
    this.#pop();
    const rtt = this.#rttsMs[request] as number;
    const armedMs = this.#armedMs[request] as number;
    const observation: Observation =
      rtt > armedMs
        ? { atMs, durationMs: armedMs, outcome: 'timed-out', armedMs }
        : { atMs, durationMs: rtt, outcome: 'completed', armedMs };
    const inFlight = this.#inFlight.get(request);
    if (!inFlight) return this.#rule.observe(observation);
    this.#inFlight.delete(request);
    inFlight.end(observation);
  }

  #pop(): void {
    const size = --this.#size;
    const endMs = this.#endsMs[size] as number;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= size) break;
      const right = below + 1;
      if (right < size && (this.#endsMs[right] as number) < (this.#endsMs[below] as number)) {
        below = right;
      }
      if ((this.#endsMs[below] as number) >= endMs) break;
      this.#move(below, at);
      at = below;
    }
    this.#endsMs[at] = endMs;
    this.#requests[at] = this.#requests[size] as number;
  }

  #move(from: number, to: number): void {
    this.#endsMs[to] = this.#endsMs[from] as number;
    this.#requests[to] = this.#requests[from] as number;
  }

  #grow(): void {
    const endsMs = new Float64Array(2 * this.#size);
    endsMs.set(this.#endsMs);
    this.#endsMs = endsMs;
    const requests = new Int32Array(2 * this.#size);
    requests.set(this.#requests);
    this.#requests = requests;
  }
}
