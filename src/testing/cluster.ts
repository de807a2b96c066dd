/**
 * A cluster in virtual time: nodes that run the membership as it is, a network between them, and
 * faults that befall both. Everything random comes from one seed, so one seed is one history.
 */
import { encodedLength } from '../membership/codec.ts';
import type { Message } from '../membership/message.ts';
import { hash32 } from '../membership/names.ts';
import type { MembershipEvent } from '../membership/types.ts';
import type { Fault, FaultLinks } from './faults.ts';
import { type LinkOptions, type Links, Network } from './network.ts';
import { type Birth, SimNode, type SimulatedMembership } from './node.ts';
import { NodeClock } from './node-clock.ts';
import { type Random, randomFrom } from './random.ts';
import { VirtualTime } from './virtual-time.ts';

/** Told of everything that happens, when it happens. */
export interface Watcher {
  event?(node: SimNode, event: MembershipEvent): void;
  sent?(from: SimNode, to: SimNode, message: Message): void;
  delivered?(from: SimNode, to: SimNode, message: Message): void;
  /** After a fault has taken effect, and when it ends. */
  fault?(fault: Fault, ended: boolean): void;
  /** A process started or ended, for whatever reason. */
  life?(node: SimNode): void;
}

export interface ClusterOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Makes the membership of each process. */
  readonly create: (birth: Birth) => SimulatedMembership;
  /** What every link does. Default: lognormal, 1 ms. */
  readonly link?: LinkOptions | ((from: number, to: number) => LinkOptions);
  /** Nodes drain before they judge. Default true. */
  readonly stallGate?: boolean;
  /** Messages that fit in a socket buffer. Default 256: 200 KiB at what Linux charges for small ones. */
  readonly bufferMessages?: number;
  /** Timers fire up to so much too late, in ms. Default 2. */
  readonly tickLatenessMs?: number;
  /** Clocks drift by at most so much, in millionths. Default 100. */
  readonly driftMaxPpm?: number;
  /** Wall clocks are off by at most so much at the start, in ms. Default 200. */
  readonly wallOffsetMaxMs?: number;
  /** Which of the nodes ever start, by number; the others are names on the list. Default: all. */
  readonly runs?: (index: number) => boolean;
  /** Processes start within so many ms. Default 1,000. */
  readonly startSpreadMs?: number;
  readonly watcher?: Watcher;
}

/** What travels: a message, or word that nobody listens there. */
type Packet =
  { readonly kind: 'message'; readonly message: Message } | { readonly kind: 'refused' };

/** UDP and IPv4 headers. */
const HEADER_BYTES = 28;

const DEFAULT_LINK: LinkOptions = { delay: { kind: 'lognormal', medianMs: 1, sigma: 0.3 } };

export class Cluster {
  readonly time = new VirtualTime();
  readonly network: Network<Packet>;
  readonly #options: ClusterOptions;
  readonly #random: Random;
  readonly #nodes: SimNode[] = [];
  readonly #byName = new Map<string, SimNode>();
  /** The members by configuration; nodes learn of changes later. */
  #members: readonly string[];

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#random = randomFrom(hash32(`cluster ${options.seed}`));
    this.network = new Network<Packet>({
      time: this.time,
      random: randomFrom(hash32(`network ${options.seed}`)),
      link: options.link ?? DEFAULT_LINK,
      deliver: (from, to, packet) => this.#deliver(this.node(from), this.node(to), packet),
      bytesOf,
    });
    for (let i = 0; i < options.nodes; i++) this.#add();
    this.#members = this.#nodes.map(({ name }) => name);
    const { startSpreadMs = 1000 } = options;
    for (const node of this.#nodes) {
      this.time.schedule(this.#random.next() * startSpreadMs, () => this.start(node.index));
    }
  }

  get nodes(): readonly SimNode[] {
    return this.#nodes;
  }

  get members(): readonly string[] {
    return this.#members;
  }

  node(index: number): SimNode {
    const node = this.#nodes[index];
    if (node === undefined) throw new RangeError(`no node ${index} of ${this.#nodes.length}`);
    return node;
  }

  byName(name: string): SimNode | undefined {
    return this.#byName.get(name);
  }

  /** Each fault takes effect at its time. */
  plan(faults: readonly Fault[]): void {
    for (const fault of faults) this.time.schedule(fault.atMs, () => this.#inject(fault));
  }

  /** A process starts with a new boot id and knows the members by configuration. */
  start(index: number): void {
    const node = this.node(index);
    if (node.phase !== 'down' || !this.#members.includes(node.name)) return;
    if (this.#options.runs?.(index) === false) return;
    const random = this.#random;
    const birth: Birth = {
      self: node.name,
      bootId: hex8(random) + hex8(random),
      random: rollOf(random),
      send: ({ to, message }) => this.#send(node, this.#byName.get(to), message),
      emit: (event) => this.#options.watcher?.event?.(node, event),
    };
    node.start(this.#options.create, birth);
    node.setMembers(this.#members);
    this.#options.watcher?.life?.(node);
  }

  stop(index: number, hostAlive: boolean): void {
    const node = this.node(index);
    if (node.phase === 'down') return;
    node.stop(hostAlive);
    this.#options.watcher?.life?.(node);
  }

  #add(): SimNode {
    const index = this.#nodes.length;
    const random = this.#random;
    const { driftMaxPpm = 100, stallGate = true } = this.#options;
    const clock = new NodeClock({
      zeroMs: random.next() * 1e9,
      driftPpm: (random.next() * 2 - 1) * driftMaxPpm,
      wallOffsetMs: (random.next() * 2 - 1) * (this.#options.wallOffsetMaxMs ?? 200),
    });
    const node = new SimNode({
      ...{ index, name: `node-${index}`, time: this.time, clock, stallGate },
      bufferMessages: this.#options.bufferMessages ?? 256,
      tickLatenessMs: this.#options.tickLatenessMs ?? 2,
      random: rollOf(random),
    });
    this.#nodes.push(node);
    this.#byName.set(node.name, node);
    return node;
  }

  #send(from: SimNode, to: SimNode | undefined, message: Message): void {
    if (to === undefined) return; // a name that resolves to nothing
    this.#options.watcher?.sent?.(from, to, message);
    this.network.send(from.index, to.index, { kind: 'message', message });
  }

  #deliver(from: SimNode, to: SimNode, packet: Packet): void {
    if (packet.kind === 'refused') {
      to.refusedBy(from.name);
    } else if (to.phase !== 'down') {
      this.#options.watcher?.delivered?.(from, to, packet.message);
      to.receive(packet.message, (answer) => this.#send(to, from, answer));
    } else if (to.hostAlive) {
      this.network.send(to.index, from.index, { kind: 'refused' });
    }
  }

  #inject(fault: Fault): void {
    const end = this.#begin(fault);
    this.#options.watcher?.fault?.(fault, false);
    if (end === undefined) return;
    this.time.schedule(this.time.nowMs + end.afterMs, () => {
      end.run();
      this.#options.watcher?.fault?.(fault, true);
    });
  }

  #begin(fault: Fault): { afterMs: number; run: () => void } | undefined {
    switch (fault.kind) {
      case 'crash':
      case 'goodbye':
        return this.#endLife(fault);
      case 'pause': {
        const node = this.node(fault.node);
        if (node.phase !== 'running') return undefined;
        node.pause();
        return { afterMs: fault.forMs, run: () => node.resume() };
      }
      case 'drift':
        this.node(fault.node).clock.setDrift(fault.driftPpm, this.time.nowMs);
        return undefined;
      case 'wall-step':
        this.node(fault.node).clock.stepWall(fault.stepMs, this.time.nowMs);
        return undefined;
      case 'members':
        this.#changeMembers(fault);
        return undefined;
      case 'cut':
      case 'clog':
      case 'loss':
      case 'delay':
        return { afterMs: fault.forMs, run: this.network.impair(linksOf(fault.links), fault) };
    }
  }

  #endLife(fault: Extract<Fault, { kind: 'crash' | 'goodbye' }>) {
    const node = this.node(fault.node);
    if (node.phase === 'down') return undefined;
    if (fault.kind === 'goodbye') node.farewell('goodbye');
    else if (fault.how === 'exception') node.farewell('crash');
    this.stop(node.index, fault.kind === 'goodbye' || fault.how !== 'host');
    const { restartAfterMs: afterMs } = fault;
    return afterMs === undefined ? undefined : { afterMs, run: () => this.start(node.index) };
  }

  #changeMembers(fault: Extract<Fault, { kind: 'members' }>): void {
    while (this.#nodes.length <= fault.node) this.#add();
    const { name, index } = this.node(fault.node);
    const others = this.#members.filter((member) => member !== name);
    this.#members = fault.change === 'add' ? [...others, name] : others;
    if (fault.change === 'add') this.start(index);
    else {
      this.node(index).farewell('goodbye');
      this.stop(index, true);
    }
    for (const node of this.#nodes) {
      const lateMs = this.#random.next() * fault.spreadMs;
      this.time.schedule(this.time.nowMs + lateMs, () => {
        if (node.phase !== 'down' && node.members !== this.#members) node.setMembers(this.#members);
      });
    }
  }
}

function linksOf({ from, to, direction }: FaultLinks): Links {
  return { from: new Set(from), to: new Set(to), direction };
}

/** What it takes on the wire over UDP, with headers; a refusal is an ICMP message. */
function bytesOf(packet: Packet): number {
  return HEADER_BYTES + (packet.kind === 'message' ? encodedLength(packet.message) : HEADER_BYTES);
}

/** A generator of a node's own: what one draws does not change what another does. */
function rollOf(random: Random): () => number {
  const own = randomFrom(random.integer(2 ** 32));
  return () => own.next();
}

function hex8(random: Random): string {
  return random
    .integer(2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
