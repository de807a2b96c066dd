/**
 * What must hold after the quiet time, when all faults are over:
 *
 * - `crashed-not-suspected`: every running observer that watches a crashed peer suspects it.
 * - `live-not-trusted`: everybody holds a running peer that it watches alive, or, of one whose
 *   clock is off, `clock-out`.
 * - `left-not-left`: who heard the goodbye of a life of a peer that it knew holds that it left.
 */
import type { Message } from '../membership/message.ts';
import type { PeerView } from '../membership/types.ts';
import type { Checks } from './checks.ts';
import type { ClockTruth } from './clock-truth.ts';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './node.ts';

export class Liveness {
  readonly #cluster: Cluster;
  readonly #checks: Checks;
  readonly #clocks: ClockTruth;
  /** By hearer and its life, whose goodbye of which life it heard last. */
  readonly #goodbyes = new Map<string, string>();

  constructor(cluster: Cluster, checks: Checks, clocks: ClockTruth) {
    this.#cluster = cluster;
    this.#checks = checks;
    this.#clocks = clocks;
  }

  delivered(from: SimNode, to: SimNode, message: Message): void {
    if (message.reason !== 'goodbye') return;
    // The goodbye of a life that it does not know yet proves nothing to it.
    if (this.#checks.view(to, from.name)?.bootId !== message.bootId) return;
    this.#goodbyes.set(key(to, from), message.bootId);
  }

  /** At the very end. */
  check(): void {
    for (const observer of this.#cluster.nodes) {
      if (observer.phase !== 'running') continue;
      const nowMs = observer.clock.monoMs(this.#cluster.time.nowMs);
      for (const view of observer.membership?.peers(nowMs) ?? []) {
        const peer = this.#cluster.byName(view.peer);
        if (peer !== undefined && view.peer !== observer.name)
          this.#checkView(observer, peer, view);
      }
    }
  }

  #checkView(observer: SimNode, peer: SimNode, view: PeerView): void {
    const { state, watched } = view;
    if (peer.startedAtMs === Infinity) return; // it was never more than a name on the list
    const told = `holds ${peer.name} ${state}, because ${view.because}`;
    if (peer.phase === 'running') {
      const trusted =
        state === 'alive' ||
        state === 'slow' ||
        (!watched && state === 'unknown') ||
        (state === 'clock-out' && this.#clocks.isOut(observer, peer));
      if (!trusted)
        this.#checks.report('live-not-trusted', observer, peer.name, `${told}; it lives`);
      return;
    }
    if (this.#goodbyes.get(key(observer, peer)) === peer.bootId) {
      if (state === 'left') return;
      this.#checks.report('left-not-left', observer, peer.name, `${told}; it said goodbye`);
    } else if (watched && state !== 'suspect' && state !== 'dead' && state !== 'left') {
      this.#checks.report('crashed-not-suspected', observer, peer.name, `${told}; it is gone`);
    }
  }
}

function key(hearer: SimNode, leaver: SimNode): string {
  return `${hearer.name} ${hearer.bootId} ${leaver.name}`;
}
