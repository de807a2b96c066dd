/**
 * Who reaches whom in the demo: ports that are known before anybody starts, since everyone has to
 * be told of everyone, and between two services a piece of network that can fail one way.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { TardyError } from '../../errors.ts';
import { whyNotServed } from './child.ts';
import { HOST } from './messages.ts';
import { type Relay, startRelay } from './relay.ts';
import { SERVICE_NAMES, type ServiceName } from './services.ts';

export const NODE_NAMES = [...SERVICE_NAMES, 'gateway'] as const;
export type NodeName = (typeof NODE_NAMES)[number];

/** Between these two the network can fail. */
export const PAIR = { from: 'steady', to: 'tail' } as const satisfies Record<string, ServiceName>;

export interface Network {
  readonly ports: ReadonlyMap<NodeName, number>;
  /** As the others call it: `127.0.0.1:40001`. */
  peerName(node: NodeName): string;
  nodeNamed(peer: string): NodeName | undefined;
  /** What a node has to be told of the others, for its environment. */
  environment(node: NodeName): Record<string, string>;
  /** What PAIR.from sends to PAIR.to is lost; or no longer. */
  drop(isLost: boolean): void;
  /** What the two send each other takes so much longer. */
  delay(ms: number): void;
  close(): void;
}

export interface NetworkOptions {
  /** Of the gateway; 0 for a free one. */
  readonly port: number;
  /** Whether anything is to fail: else all of it is HTTP, without relays. */
  readonly canFail: boolean;
}

export async function createNetwork({ port, canFail }: NetworkOptions): Promise<Network> {
  if (port !== 0) await checkFree(port);
  const free = await freePorts(NODE_NAMES.length);
  const ports = new Map(NODE_NAMES.map((name, i) => [name, free[i] as number]));
  if (port !== 0) ports.set('gateway', port);
  const portOf = (node: NodeName): number => ports.get(node) as number;
  const there = canFail ? await startRelay(portOf(PAIR.to)) : undefined;
  const back = canFail ? await startRelay(portOf(PAIR.from)) : undefined;
  return {
    ports,
    peerName: (node) => nameAt(portOf(node)),
    nodeNamed: (peer) => NODE_NAMES.find((node) => nameAt(portOf(node)) === peer),
    environment: (node) => environmentOf(node, ports, { there, back }),
    drop(isLost) {
      if (there) there.dropsThere = isLost;
      if (back) back.dropsBack = isLost;
    },
    delay(ms) {
      for (const relay of [there, back]) if (relay) relay.delayMs = ms;
    },
    close() {
      there?.close();
      back?.close();
    },
  };
}

interface Relays {
  /** From PAIR.from to PAIR.to, and from PAIR.to to PAIR.from. */
  readonly there: Relay | undefined;
  readonly back: Relay | undefined;
}

function environmentOf(
  node: NodeName,
  ports: ReadonlyMap<NodeName, number>,
  { there, back }: Relays,
): Record<string, string> {
  const relayTo = (to: NodeName): Relay | undefined => {
    if (node === PAIR.from && to === PAIR.to) return there;
    return node === PAIR.to && to === PAIR.from ? back : undefined;
  };
  const peers = [...ports].map(([to, port]) => {
    const relay = relayTo(to);
    return relay ? `${nameAt(port)}=udp://${nameAt(relay.port)}` : `http://${nameAt(port)}`;
  });
  const port = ports.get(node) as number;
  const isOfPair = node === PAIR.from || node === PAIR.to;
  return {
    TARDY_PEERS: peers.join(','),
    TARDY_NODE_NAME: nameAt(port),
    // TCP and UDP have their ports apart: the same number is free.
    ...(there && isOfPair ? { TARDY_UDP_PORT: String(port) } : {}),
  };
}

function nameAt(port: number): string {
  return `${HOST}:${port}`;
}

/** Before anybody sends heartbeats to whoever is there instead of the gateway. */
async function checkFree(port: number): Promise<void> {
  const server = createServer().listen(port, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new TardyError('ERR_TARDY_UNREACHABLE', `gateway: ${whyNotServed(port, error)}`);
  }
  await once(server.close(), 'close');
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, HOST));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
