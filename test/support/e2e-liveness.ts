/** A group of nodes on loopback ports, each a process; ended with the test whatever happens. */
import { onTestFinished } from 'vitest';
import type { TardyEvent } from '../../src/events/types.ts';
import type { PeerState } from '../../src/membership/types.ts';
import { type PeerEntry, type PeersReport, peersReportSchema } from '../../src/report.ts';
import { freePort } from './e2e-ports.ts';
import { launchProgram, type Program } from './e2e-program.ts';
import { Mesh, startUdpRelay } from './e2e-relay.ts';
import { until } from './e2e-wait.ts';

/** A busy machine takes seconds to start five processes. */
export const PATIENCE_MS = 45_000;
/** Fast, so that tests are short; not so fast that a busy machine is in the way. */
export const HEARTBEAT_MS = 250;
export const SECRET = 'known to the nodes of a test';

type EventOf<T extends TardyEvent['type']> = Extract<TardyEvent, { type: T }>;

export interface NodeOptions {
  readonly name: string;
  readonly port: number;
  /** Settings of Tardy; undefined: without it. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** Takes SIGTERM itself, and ends with this code. */
  readonly onSigterm?: number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export class LiveNode {
  readonly name: string;
  readonly port: number;
  readonly #options: NodeOptions;
  #program: Program | undefined;

  constructor(options: NodeOptions) {
    this.name = options.name;
    this.port = options.port;
    this.#options = options;
  }

  /** Starts it, or starts it again; resolves when it serves. */
  async start(): Promise<void> {
    const { port, settings, onSigterm, env = {} } = this.#options;
    this.#program = launchProgram('liveness-node.mjs', {
      args: [JSON.stringify({ port, settings, onSigterm })],
      env,
    });
    await this.program.said('"listening"', 'stdout', PATIENCE_MS);
  }

  get program(): Program {
    if (!this.#program) throw new Error(`${this.name} was not started`);
    return this.#program;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  signal(signal: NodeJS.Signals): void {
    this.program.process.kill(signal);
  }

  /** Has it do something to itself. */
  async tell(what: string): Promise<void> {
    await fetch(`${this.url}/${what}`, { method: 'POST' });
  }

  /** What happened so far in this life of it; with a mark, what happened after that. */
  events(afterId = 0): TardyEvent[] {
    const whole = this.program.stdout().split('\n').slice(0, -1);
    const events = whole.map((line) => JSON.parse(line) as TardyEvent);
    return events.filter(({ id }) => id > afterId);
  }

  /** A mark: what comes next has a greater id. */
  mark(): number {
    return this.events().at(-1)?.id ?? 0;
  }

  ofType<T extends TardyEvent['type']>(type: T, afterId = 0): EventOf<T>[] {
    return this.events(afterId).filter((event): event is EventOf<T> => event.type === type);
  }

  /** What it called a peer, one after the other. */
  states(peer: string, afterId = 0): PeerState[] {
    return this.ofType('state', afterId)
      .filter((event) => event.peer === peer)
      .map(({ to }) => to);
  }

  /** Waits until it has called the peer one of these. */
  async calls(peer: string, states: readonly PeerState[], afterId = 0): Promise<void> {
    await this.sees(
      () => this.states(peer, afterId).some((state) => states.includes(state)),
      `call ${peer} ${states.join(' or ')}`,
    );
  }

  /** Waits; what happened instead is told if it is in vain. */
  async sees(what: () => boolean | Promise<boolean>, words: string): Promise<void> {
    try {
      await until(what, `${this.name} to ${words}`, PATIENCE_MS);
    } catch (error) {
      const last = this.events()
        .slice(-20)
        .map((event) => JSON.stringify(event));
      throw new Error(`${(error as Error).message}; last:\n${last.join('\n')}`, { cause: error });
    }
  }

  async report(): Promise<PeersReport> {
    return peersReportSchema.parse(await (await fetch(`${this.url}/tardy/peers`)).json());
  }

  async peer(name: string): Promise<PeerEntry> {
    const { peers } = await this.report();
    const found = peers.find(({ peer }) => peer === name);
    if (!found) throw new Error(`${this.name} knows no peer ${name}`);
    return found;
  }

  /** Waits until it calls the peer this now. */
  async holds(peer: string, states: readonly PeerState[]): Promise<void> {
    const isSo = async () => states.includes((await this.peer(peer)).state);
    await this.sees(isSo, `hold ${peer} for ${states.join(' or ')}`);
  }

  kill(): void {
    this.#program?.process.kill('SIGKILL');
  }
}

export interface GroupOptions {
  readonly names: readonly string[];
  /** Undefined: none. */
  readonly secret?: string | undefined;
  /** Beyond what all have, for each. */
  readonly settings?: (name: string, port: number) => Readonly<Record<string, unknown>>;
  readonly onSigterm?: (name: string) => number | undefined;
  readonly env?: (name: string) => Readonly<Record<string, string>> | undefined;
  /** Default: free ones. UDP has the same numbers. */
  readonly ports?: Ports;
  /** How `from` reaches `to`. Default: over HTTP, at its port. */
  readonly peerUrl?: (from: string, to: string, port: number) => string;
}

export type Group = readonly LiveNode[];
export type Ports = ReadonlyMap<string, number>;

export async function portsFor(names: readonly string[]): Promise<Ports> {
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await freePort());
  return ports;
}

/** Nodes that have one another as peers, not started. */
export async function makeGroup(options: GroupOptions): Promise<Group> {
  const { names, secret, settings, onSigterm, env, peerUrl } = options;
  const ports = options.ports ?? (await portsFor(names));
  return names.map((name) => {
    const peers = [...ports].map(([to, port]) => {
      const url = peerUrl?.(name, to, port) ?? `http://127.0.0.1:${port}`;
      return `${to}=${url}`;
    });
    const port = ports.get(name)!;
    const common = { nodeName: name, heartbeatMs: HEARTBEAT_MS, peers, secret };
    return new LiveNode({
      ...{ name, port, onSigterm: onSigterm?.(name), env: env?.(name) },
      settings: { ...common, ...settings?.(name, port) },
    });
  });
}

/** Makes and starts them, and waits until everyone calls everyone alive. */
export async function startGroup(options: GroupOptions): Promise<Group> {
  const nodes = await makeGroup(options);
  await startAll(nodes);
  return nodes;
}

/** A group over UDP, where what one sends another can be lost. */
export async function startUdpGroup(
  names: readonly string[],
): Promise<{ nodes: Group; mesh: Mesh }> {
  const ports = await portsFor(names);
  const mesh = await Mesh.of(ports, startUdpRelay);
  const nodes = await startGroup({
    ...{ names, ports, secret: SECRET },
    settings: (_, udpPort) => ({ udpPort }),
    peerUrl: (from, to, port) =>
      `udp://127.0.0.1:${from === to ? port : mesh.relay(from, to).port}`,
  });
  return { nodes, mesh };
}

/** Starts them; `nameOf`: how the others call a node. */
export async function startAll(nodes: Group, nameOf = (name: string) => name): Promise<void> {
  onTestFinished(() => nodes.forEach((node) => node.kill()));
  await Promise.all(nodes.map((node) => node.start()));
  await everyoneAlive(nodes, nameOf);
}

export async function everyoneAlive(nodes: Group, nameOf = (name: string) => name): Promise<void> {
  for (const node of nodes) {
    for (const other of nodes) if (other !== node) await node.holds(nameOf(other.name), ['alive']);
  }
}

/** Mistakes that were counted after a mark, of one peer or of all. */
export function mistakesOf(node: LiveNode, afterId: number, peer?: string) {
  const mistakes = node.ofType('mistake', afterId);
  return mistakes.filter((event) => peer === undefined || event.peer === peer);
}
