/** Injects faults one after the other, once everyone trusts everyone, and takes them back. */
import type { Cluster } from './cluster.ts';
import { FAULT_MS, type FaultName, FAULTS } from './faults.ts';
import { NODE_NAMES } from './network.ts';
import { faultReport, type FaultReport, type Injected } from './sightings.ts';

export class FaultRunner {
  readonly #cluster: Cluster;
  readonly #startedAtMs: number;
  readonly #injected: Injected[] = [];
  #endAtMs = Infinity;
  #isBusy = false;

  /** `startedAtMs`: when the load began. */
  constructor(cluster: Cluster, startedAtMs: number) {
    this.#cluster = cluster;
    this.#startedAtMs = startedAtMs;
  }

  /** Everyone calls everyone alive, nothing is going on, and what it takes is there. */
  canBegin(name: FaultName): boolean {
    const { length } = this.#injected;
    const isOver = length === 0 || this.#injected[length - 1]?.endedAtMs !== undefined;
    const isReady = FAULTS[name].isReady?.(this.#cluster) ?? true;
    return isOver && !this.#isBusy && this.#everyoneIsTrusted() && isReady;
  }

  reports(): FaultReport[] {
    return this.#injected.map((each) =>
      faultReport(each, this.#cluster.seen, this.#cluster.leases),
    );
  }

  /** Does nothing while it cannot begin. */
  async begin(name: FaultName, nowMs: number): Promise<void> {
    if (!this.canBegin(name)) return;
    const atS = Math.round((nowMs - this.#startedAtMs) / 100) / 10;
    this.#endAtMs = nowMs + FAULT_MS;
    this.#injected.push({ name, atS, atMs: performance.now(), endedAtMs: undefined });
    await this.#alone(() => FAULTS[name].begin(this.#cluster));
  }

  /** Takes back what has lasted long enough. */
  async tick(nowMs: number): Promise<void> {
    const last = this.#injected.at(-1);
    if (!last || last.endedAtMs !== undefined || this.#isBusy || nowMs < this.#endAtMs) return;
    await this.#alone(() => FAULTS[last.name].end(this.#cluster));
    this.#injected[this.#injected.length - 1] = { ...last, endedAtMs: performance.now() };
  }

  async #alone(act: () => Promise<void>): Promise<void> {
    this.#isBusy = true;
    try {
      await act();
    } finally {
      this.#isBusy = false;
    }
  }

  #everyoneIsTrusted(): boolean {
    return NODE_NAMES.every((observer) =>
      NODE_NAMES.every(
        (node) => observer === node || this.#cluster.stateOf(observer, node) === 'alive',
      ),
    );
  }
}
