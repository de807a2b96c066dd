/**
 * The last nonces that we made up for a member, and when we sent them: as numbers, for a node holds
 * forty of them for each of its peers.
 */

const HALF = 8;

export class Nonces {
  readonly #halves: Uint32Array;
  readonly #sentMs: Float64Array;
  /** Which went with a question that nobody has answered yet. */
  readonly #awaits: Uint8Array;
  #next = 0;

  constructor(capacity: number) {
    this.#halves = new Uint32Array(2 * capacity);
    this.#sentMs = new Float64Array(capacity).fill(NaN);
    this.#awaits = new Uint8Array(capacity);
  }

  add(nonce: string, sentAtMs: number, awaitsAnswer: boolean): void {
    const at = this.#next;
    this.#next = (at + 1) % this.#sentMs.length;
    this.#halves[2 * at] = half(nonce, 0);
    this.#halves[2 * at + 1] = half(nonce, HALF);
    this.#sentMs[at] = sentAtMs;
    this.#awaits[at] = Number(awaitsAnswer);
  }

  /** Where it is remembered; undefined if it is not. */
  find(nonce: string): number | undefined {
    const [first, second] = [half(nonce, 0), half(nonce, HALF)];
    for (let at = 0; at < this.#sentMs.length; at++) {
      const isSame = this.#halves[2 * at] === first && this.#halves[2 * at + 1] === second;
      if (isSame && !Number.isNaN(this.#sentMs[at])) return at;
    }
    return undefined;
  }

  sentAtMs(at: number): number {
    return this.#sentMs[at] as number;
  }

  /** Whether its question awaits an answer; no longer, once that was asked. */
  takeAnswer(at: number): boolean {
    const awaited = this.#awaits[at] === 1;
    this.#awaits[at] = 0;
    return awaited;
  }

  /** Those sent before are forgotten. */
  forgetBefore(sentAtMs: number): void {
    for (let at = 0; at < this.#sentMs.length; at++) {
      if (this.sentAtMs(at) < sentAtMs) this.#sentMs[at] = NaN;
    }
  }
}

function half(nonce: string, from: number): number {
  return Number.parseInt(nonce.slice(from, from + HALF), 16) >>> 0;
}
