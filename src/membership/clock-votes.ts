/** Whose clocks others hold out of budget: the latest list of each observer, as long as it holds. */

interface Said {
  readonly out: ReadonlySet<string>;
  /** After which instant it was said, by our clock; undefined: nobody knows. */
  readonly saidAtMs: number | undefined;
  readonly heardAtMs: number;
}

const NOBODY: ReadonlySet<string> = new Set();

export class ClockVotes {
  /** Lists that are not empty. */
  readonly #said = new Map<string, Said>();
  /** A list holds for so long. */
  readonly ttlMs: number;

  constructor(ttlMs: number) {
    this.ttlMs = ttlMs;
  }

  /** The peers of whom it says something else than before. */
  say(observer: string, said: Said): string[] {
    const before = this.#said.get(observer)?.out ?? NOBODY;
    if (said.out.size === 0) this.#said.delete(observer);
    else this.#said.set(observer, said);
    const isSaidOnce = (peer: string) => before.has(peer) !== said.out.has(peer);
    return [...before, ...said.out].filter(isSaidOnce);
  }

  /** Those of the observers who hold the clock of a peer out. */
  about(peer: string, observers: readonly string[], nowMs: number): string[] {
    if (this.#said.size === 0) return [];
    return observers.filter((observer) => {
      const said = this.#said.get(observer);
      return said?.out.has(peer) && nowMs - (said.saidAtMs ?? -Infinity) <= this.ttlMs;
    });
  }

  /**
   * Those who hold ours out. What is said of us counts from when it comes: perhaps none of our
   * nonces gets through any more.
   */
  aboutUs(self: string, observers: readonly string[], nowMs: number): string[] {
    if (this.#said.size === 0) return [];
    return observers.filter((observer) => {
      const said = this.#said.get(observer);
      return said?.out.has(self) && nowMs - said.heardAtMs <= this.ttlMs;
    });
  }

  /** The members changed: what others said counts no more. */
  retain(members: { has(name: string): boolean }): void {
    for (const observer of this.#said.keys()) {
      if (!members.has(observer)) this.#said.delete(observer);
    }
  }
}
