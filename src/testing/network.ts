/**
 * A network of one-way links between numbered nodes.
 *
 * Every ordered pair of nodes is a link of its own, with its delay, loss, duplication and
 * reordering. On top of that come impairments, which begin and end: a cut (a partition, of one
 * direction or both), loss in bursts, a clog (messages are held and come all at once when it
 * ends), a delay added. The history of impairments is kept: it is the ground truth by which the
 * checks say who could reach whom.
 *
 * After TigerBeetle's `src/testing/packet_simulator.zig`.
 */
import { type BurstLoss, BurstState, type Delay, drawDelayMs } from './delay.ts';
import type { Random } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What one direction of a link does to every message. */
export interface LinkOptions {
  readonly delay: Delay;
  /** Share of messages lost, each for itself, 0 to 1. Default 0. */
  readonly lossRate?: number;
  /** Losses in bursts, besides. Default none. */
  readonly burstLoss?: BurstLoss;
  /** Share of messages that come twice, 0 to 1. Default 0. */
  readonly duplicateRate?: number;
  /** Share of messages held back so that later ones overtake them, 0 to 1. Default 0. */
  readonly reorderRate?: number;
  /** How long one is held back at most, in ms. Default 1,000. */
  readonly reorderMaxMs?: number;
}

/** Links from one set of nodes to another; `both` also the way back. */
export interface Links {
  readonly from: ReadonlySet<number>;
  readonly to: ReadonlySet<number>;
  readonly direction: 'one-way' | 'both';
}

export type Effect =
  /** Nothing passes. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'loss'; readonly burstLoss: BurstLoss }
  /** Messages wait until it ends. */
  | { readonly kind: 'clog' }
  /** Each message takes so much longer, in ms. */
  | { readonly kind: 'delay'; readonly addMs: number };

/** An effect on some links for some time, by true time in ms. */
export interface Impairment {
  readonly links: Links;
  readonly effect: Effect;
  readonly fromMs: number;
  /** Infinity while it lasts. */
  readonly untilMs: number;
}

export interface NetworkCounters {
  sent: number;
  bytes: number;
  delivered: number;
  lost: number;
  duplicated: number;
}

export interface NetworkOptions<T> {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly link: LinkOptions | ((from: number, to: number) => LinkOptions);
  readonly deliver: (from: number, to: number, payload: T) => void;
  /** Size on the wire, in bytes. Default 0. */
  readonly bytesOf?: (payload: T) => number;
  /** A message that takes longer than this is noted as trouble, in ms. Default 500. */
  readonly lateMs?: number;
}

interface Held<T> {
  readonly from: number;
  readonly to: number;
  readonly payload: T;
}

class Active<T> implements Impairment {
  readonly links: Links;
  readonly effect: Effect;
  readonly fromMs: number;
  untilMs = Infinity;
  readonly held: Held<T>[] = [];
  readonly bursts = new Map<number, BurstState>();

  constructor(links: Links, effect: Effect, fromMs: number) {
    this.links = links;
    this.effect = effect;
    this.fromMs = fromMs;
  }
}

/** More nodes than anybody simulates: two numbers below it make one key. */
const NODES_MAX = 2 ** 20;

export class Network<T> {
  readonly counters: NetworkCounters = { sent: 0, bytes: 0, delivered: 0, lost: 0, duplicated: 0 };
  readonly #options: NetworkOptions<T>;
  readonly #history: Active<T>[] = [];
  readonly #active = new Set<Active<T>>();
  readonly #bursts = new Map<number, BurstState>();
  readonly #troubleMs = new Map<number, number>();

  constructor(options: NetworkOptions<T>) {
    this.#options = options;
  }

  /** All impairments so far, ended ones too, in the order of their beginning. */
  get history(): readonly Impairment[] {
    return this.#history;
  }

  /** When the link last lost a message or took long over one, by its own loss and delay too. */
  lastTroubleMs(from: number, to: number): number {
    return this.#troubleMs.get(key(from, to)) ?? -Infinity;
  }

  send(from: number, to: number, payload: T): void {
    const { random, bytesOf, link: links } = this.#options;
    this.counters.sent++;
    this.counters.bytes += bytesOf?.(payload) ?? 0;
    const link = typeof links === 'function' ? links(from, to) : links;
    if (this.#loses(from, to, link)) {
      this.counters.lost++;
      this.#troubleMs.set(key(from, to), this.#options.time.nowMs);
      return;
    }
    this.#carry(from, to, payload, link);
    if (chance(link.duplicateRate, random)) {
      this.counters.duplicated++;
      this.#carry(from, to, payload, link);
    }
  }

  /** Begins an impairment; the function it returns ends it. */
  impair(links: Links, effect: Effect): () => void {
    const impairment = new Active<T>(links, effect, this.#options.time.nowMs);
    this.#history.push(impairment);
    this.#active.add(impairment);
    return () => this.#end(impairment);
  }

  #end(impairment: Active<T>): void {
    if (!this.#active.delete(impairment)) return;
    impairment.untilMs = this.#options.time.nowMs;
    const { held } = impairment;
    for (const { from, to, payload } of held.splice(0)) this.#schedule(from, to, payload, 0);
  }

  #loses(from: number, to: number, link: LinkOptions): boolean {
    const { random } = this.#options;
    for (const { links, effect, bursts } of this.#active) {
      if (effect.kind !== 'cut' && effect.kind !== 'loss') continue;
      if (!affects(links, from, to)) continue;
      if (effect.kind === 'cut') return true;
      if (burst(bursts, from, to).loses(effect.burstLoss, random)) return true;
    }
    const { burstLoss } = link;
    if (burstLoss && burst(this.#bursts, from, to).loses(burstLoss, random)) return true;
    return chance(link.lossRate, random);
  }

  #carry(from: number, to: number, payload: T, link: LinkOptions): void {
    const { random } = this.#options;
    let delayMs = drawDelayMs(link.delay, random);
    if (chance(link.reorderRate, random)) delayMs += random.next() * (link.reorderMaxMs ?? 1000);
    for (const { links, effect, held } of this.#active) {
      if (effect.kind === 'delay' && affects(links, from, to)) delayMs += effect.addMs;
      if (effect.kind === 'clog' && affects(links, from, to)) {
        held.push({ from, to, payload });
        return;
      }
    }
    this.#schedule(from, to, payload, delayMs);
  }

  #schedule(from: number, to: number, payload: T, delayMs: number): void {
    const { time, deliver, lateMs = 500 } = this.#options;
    const arrivesMs = time.nowMs + delayMs;
    if (delayMs > lateMs) this.#troubleMs.set(key(from, to), arrivesMs);
    time.schedule(arrivesMs, () => {
      this.counters.delivered++;
      deliver(from, to, payload);
    });
  }
}

export function affects(links: Links, from: number, to: number): boolean {
  if (links.from.has(from) && links.to.has(to)) return true;
  return links.direction === 'both' && links.from.has(to) && links.to.has(from);
}

function burst(states: Map<number, BurstState>, from: number, to: number): BurstState {
  const link = key(from, to);
  let state = states.get(link);
  if (state === undefined) states.set(link, (state = new BurstState()));
  return state;
}

function key(from: number, to: number): number {
  return from * NODES_MAX + to;
}

/** Draws only where something can happen, so that a clean link costs nothing. */
function chance(rate: number | undefined, random: Random): boolean {
  return rate !== undefined && rate > 0 && random.next() < rate;
}
