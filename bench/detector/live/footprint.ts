/** What watching costs: bytes on the wire, share of a core, memory a peer. */
import { goal, type PartResult, type Table } from '../../timeouts/report.ts';
import type { BenchRun } from '../bench-run.ts';
import { EVERYONE } from '../../../src/membership/observers.ts';
import { BenchNode, SECRET } from './bench-node.ts';
import { Crowd } from './crowd.ts';
import { loadNote } from './load-note.ts';
import { BenchProcess, freePorts, sleep, withProcesses } from './processes.ts';
import { UdpRelay } from './relay.ts';

const HEARTBEAT_MS = 1000;
const PEERS = 1000;
const WATCHED_BY = 9;
const FULL = { wireMs: 20_000, virtualMs: 20_000, cpuMs: 20_000 };
const QUICK = { wireMs: 6000, virtualMs: 4000, cpuMs: 5000 };
const WARM_MS = 3000;
const JOB_MS = 120_000;
/** Virtual time may be slower than time. */
const WALL_MS = 20_000;
/** All watched. A third of them is subtracted. */
const MEMORY_PEERS = 150;
const GOALS = { bytesASecond: 300, bytesAPeer: 8192, share: 2 };
const KIB = 1024;

export type FootprintJob =
  | {
      readonly kind: 'cpu';
      readonly seed: number;
      readonly members: number;
      readonly observers: number;
      readonly spanMs: number;
      /** No longer than this, by the clock on the wall. */
      readonly wallMs: number;
    }
  | {
      readonly kind: 'memory';
      readonly seed: number;
      readonly members: number;
      readonly observers: number;
    };

interface Wire {
  readonly bytesASecond: number;
  readonly datagramsASecond: number;
}

interface Cpu {
  readonly what: string;
  readonly watched: number;
  readonly share: number;
  readonly note: string;
}

export async function footprintPart(run: BenchRun): Promise<PartResult> {
  const { quick, seed } = run.options;
  const spans = quick ? QUICK : FULL;
  run.progress('bytes on the wire');
  const [sealed, plain] = await Promise.all([wire(SECRET, spans.wireMs), wire('', spans.wireMs)]);
  run.progress('memory of a peer');
  const memory = await job<{ bytes: number }>({
    kind: 'memory',
    seed,
    members: MEMORY_PEERS,
    observers: MEMORY_PEERS + 1,
  });
  const cpus = [
    await inMemory(run, { seed, observers: PEERS + 1, spanMs: spans.virtualMs }),
    await inMemory(run, { seed, observers: WATCHED_BY, spanMs: 10 * spans.virtualMs }),
    await overUdp(run, PEERS, spans.cpuMs),
    await overUdp(run, EVERYONE - 1, spans.cpuMs),
    await overUdp(run, 0, spans.cpuMs),
  ] as const;
  return {
    tables: [wireTable(sealed, plain), cpuTable(cpus), memoryTable(memory.bytes)],
    goals: [
      goal({
        what: 'B/s a peer at 1 Hz over UDP, no secret',
        measured: plain.bytesASecond,
        high: GOALS.bytesASecond,
      }),
      goal({
        what: 'the same with TARDY_SECRET',
        measured: sealed.bytesASecond,
        high: GOALS.bytesASecond,
      }),
      goal({ what: 'memory a peer, bytes', measured: memory.bytes, high: GOALS.bytesAPeer }),
      ...cpus
        .slice(0, 3)
        .map(({ what, share }) =>
          goal({ what: `${what}, % of a core`, measured: share, high: GOALS.share }),
        ),
    ],
    figures: { sealed, plain, memory, cpus },
  };
}

function wireTable(sealed: Wire, plain: Wire): Table {
  const row = (name: string, { bytesASecond, datagramsASecond }: Wire) => [
    ...[name, bytesASecond.toFixed(0), datagramsASecond.toFixed(2)],
    (bytesASecond / datagramsASecond).toFixed(0),
  ];
  return {
    title:
      'Two nodes over UDP at 1 Hz: what passes between them, both ways, IP and UDP headers included',
    columns: ['', 'B/s a peer', 'datagrams/s', 'bytes each'],
    rows: [row('no secret', plain), row('with TARDY_SECRET', sealed)],
  };
}

function cpuTable(cpus: readonly Cpu[]): Table {
  return {
    title: 'CPU of one process at 1 Hz',
    columns: ['', 'watched', '% of a core', ''],
    rows: cpus.map(({ what, watched, share, note }) => [
      what,
      `${watched}`,
      share.toFixed(2),
      note,
    ]),
    notes: [loadNote()],
  };
}

function memoryTable(bytes: number): Table {
  return {
    title: 'Memory of a watched peer: watch, contact, detector',
    columns: ['KiB a peer'],
    rows: [[(bytes / KIB).toFixed(1)]],
    notes: [
      `heap and buffers that ${MEMORY_PEERS} peers take beyond a third of them, after 45 heartbeats each`,
    ],
  };
}

async function wire(secret: string, spanMs: number): Promise<Wire> {
  const [aPort, bPort] = (await freePorts(2)) as [number, number];
  const relays = await Promise.all([bPort, aPort].map((port) => new UdpRelay(port).start()));
  const [toB, toA] = relays as [UdpRelay, UdpRelay];
  const url = (name: string, port: number) => `${name}=udp://127.0.0.1:${port}`;
  const common = { heartbeatMs: HEARTBEAT_MS, secret };
  const nodes = [
    new BenchNode({
      name: 'a',
      udpPort: aPort,
      peers: [url('a', aPort), url('b', toB.port)],
      ...common,
    }),
    new BenchNode({
      name: 'b',
      udpPort: bPort,
      peers: [url('a', toA.port), url('b', bPort)],
      ...common,
    }),
  ];
  await sleep(WARM_MS);
  const before = relays.map(({ bytes, datagrams }) => ({ bytes, datagrams }));
  const startMs = performance.now();
  await sleep(spanMs);
  const seconds = (performance.now() - startMs) / 1000;
  const added = (key: 'bytes' | 'datagrams') =>
    relays.reduce((sum, relay, i) => sum + relay[key] - (before[i]?.[key] ?? 0), 0);
  const result = {
    bytesASecond: added('bytes') / seconds,
    datagramsASecond: added('datagrams') / seconds,
  };
  await Promise.all(nodes.map((node) => node.stop()));
  for (const relay of relays) relay.stop();
  return result;
}

function job<T>(work: FootprintJob): Promise<T> {
  return withProcesses(async (all) => {
    const process = new BenchProcess('footprint-process.ts', work, ['--expose-gc']);
    all.add(process);
    return (await process.said(() => true, JOB_MS)) as T;
  });
}

async function inMemory(
  run: BenchRun,
  { seed, observers, spanMs }: { seed: number; observers: number; spanMs: number },
): Promise<Cpu> {
  const isAll = observers > PEERS;
  run.progress(`CPU of a membership of ${PEERS}, ${isAll ? 'all' : observers} watched`);
  const work = { kind: 'cpu', seed, members: PEERS, observers, spanMs, wallMs: WALL_MS } as const;
  const { cpuMs, watched, ...done } = await job<CpuDone>(work);
  return {
    what: `membership of ${PEERS}, ${isAll ? 'all of them watched' : `k = ${observers}`}`,
    ...{ watched, share: (100 * cpuMs) / done.spanMs },
    note: 'in memory: tick, receive, nextTick; no sockets',
  };
}

interface CpuDone {
  readonly cpuMs: number;
  readonly spanMs: number;
  readonly watched: number;
}

interface Told {
  readonly cpuMs: number;
  readonly atMs: number;
  readonly watched: number;
  readonly alive: number;
}

/** A real node in a process of its own, its sockets, codec and timers included. */
async function overUdp(run: BenchRun, members: number, spanMs: number): Promise<Cpu> {
  run.progress(`CPU of a node among ${members} over UDP`);
  const [nodePort] = (await freePorts(1)) as [number];
  const crowd = new Crowd({ members, nodePort, heartbeatMs: HEARTBEAT_MS });
  await crowd.start();
  try {
    return await withProcesses(async (all) => {
      const options = {
        name: 'node',
        peers: crowd.peers,
        udpPort: nodePort,
        heartbeatMs: HEARTBEAT_MS,
      };
      const process = new BenchProcess('node-cpu-process.ts', options);
      all.add(process);
      await process.ready();
      crowd.ask();
      await sleep(WARM_MS);
      const ask = async () => {
        process.tell({});
        return (await process.said(() => true, JOB_MS)) as Told;
      };
      const before = await ask();
      await sleep(spanMs);
      const after = await ask();
      return {
        what: `node among ${members} over UDP`,
        watched: after.watched,
        share: (100 * (after.cpuMs - before.cpuMs)) / (after.atMs - before.atMs),
        note: `whole process; ${after.alive} of ${after.watched} alive`,
      };
    });
  } finally {
    crowd.stop();
  }
}
