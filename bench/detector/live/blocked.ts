/** A peer's main loop stands still while a thread of it answers: stalled, not dead. */
import type { PeerState } from '../../../src/membership/types.ts';
import { goal, type PartResult } from '../../timeouts/report.ts';
import type { BenchRun } from '../bench-run.ts';
import { BenchNode } from './bench-node.ts';
import { loadNote } from './load-note.ts';
import { BenchProcess, freePorts, sleep, until, withProcesses } from './processes.ts';
import { ms, quantile } from './spread.ts';

const HEARTBEAT_MS = 1000;
const BLOCK_MS = 10_000;
/** Peers that are blocked at the same time, each in a group of its own with two who watch. */
const GROUPS = 20;
const ROUNDS = { full: 5, quick: 1 };
const START_MS = 90_000;
const AGAIN_MS = 10_000;
const WATCHERS = ['w1', 'w2'] as const;

interface Block {
  /** Both who watch called it stalled. */
  readonly isStalled: boolean;
  /** From the block to the first who did. */
  readonly stalledAfterMs: number;
  /** What else either called it meanwhile. */
  readonly wrongly: readonly PeerState[];
  /** From the end of the block until both call it alive. */
  readonly aliveAfterMs: number;
}

export async function blockedPart(run: BenchRun): Promise<PartResult> {
  const rounds = run.options.quick ? ROUNDS.quick : ROUNDS.full;
  const blocks = await withProcesses((all) => runRounds(run, rounds, all));
  const stalled = blocks.filter(({ isStalled }) => isStalled).length;
  const called = (state: PeerState) =>
    blocks.filter(({ wrongly }) => wrongly.includes(state)).length;
  const after = (key: 'stalledAfterMs' | 'aliveAfterMs', q: number) =>
    ms(
      quantile(
        blocks.map((block) => block[key]),
        q,
      ),
    );
  return {
    tables: [
      {
        title: `A main loop blocked for ${BLOCK_MS / 1000} s, worker responder over UDP, groups of three`,
        columns: [
          ...['runs', 'stalled', 'suspect', 'disputed', 'dead'],
          ...['stalled after, p50 ms', 'p99', 'alive again after, p50 ms', 'p99'],
        ],
        rows: [
          [
            ...[`${blocks.length}`, `${stalled}`],
            ...(['suspect', 'disputed', 'dead'] as const).map((state) => `${called(state)}`),
            ...[after('stalledAfterMs', 0.5), after('stalledAfterMs', 0.99)],
            ...[after('aliveAfterMs', 0.5), after('aliveAfterMs', 0.99)],
          ],
        ],
        notes: [
          `${GROUPS} processes at a time, 1 Hz; blocked by Atomics.wait, so that their processors are free`,
          loadNote(),
        ],
      },
    ],
    goals: [
      goal({ what: `stalled, of ${blocks.length}`, measured: stalled, low: blocks.length }),
      goal({ what: 'dead', measured: called('dead'), high: 0 }),
    ],
    figures: blocks,
  };
}

async function runRounds(run: BenchRun, rounds: number, all: Set<BenchProcess>): Promise<Block[]> {
  run.progress(`blocked, ${GROUPS} processes start`);
  const ports = await freePorts(3 * GROUPS);
  const groups = Array.from({ length: GROUPS }, (_, i) => new Trio(ports.slice(3 * i, 3 * i + 3)));
  try {
    for (const { victim } of groups) all.add(victim);
    await Promise.all(groups.map(({ victim }) => victim.ready()));
    const isReady = () => groups.every((group) => group.isCalled('alive'));
    if (!(await until(isReady, START_MS))) {
      const called = groups.map((group) => group.called);
      throw new Error(`blocked: not all nodes are alive: ${called.join(', ')}`);
    }
    const blocks: Block[] = [];
    for (let round = 0; round < rounds; round++) {
      run.progress(`blocked, round ${round + 1} of ${rounds}`);
      await sleep(2 * HEARTBEAT_MS);
      blocks.push(...(await Promise.all(groups.map((group) => group.block()))));
    }
    return blocks;
  } finally {
    await Promise.all(groups.map((group) => group.stop()));
  }
}

interface Called {
  readonly atMs: number;
  readonly by: string;
  readonly state: PeerState;
}

class Trio {
  readonly victim: BenchProcess;
  readonly #watchers: readonly BenchNode[];
  #called: Called[] = [];

  constructor(ports: readonly number[]) {
    const names = ['v', ...WATCHERS];
    const peers = names.map((name, i) => `${name}=udp://127.0.0.1:${ports[i]}`);
    const common = { peers, heartbeatMs: HEARTBEAT_MS };
    const job = { name: 'v', udpPort: ports[0], workerResponder: true, ...common };
    this.victim = new BenchProcess('node-process.ts', [job]);
    this.#watchers = WATCHERS.map((name, i) => {
      const udpPort = ports[i + 1] as number;
      return new BenchNode({
        ...{ name, udpPort, ...common },
        onEvent: (event) => {
          if (event.type !== 'state' || event.peer !== 'v') return;
          this.#called.push({ atMs: performance.now(), by: name, state: event.to });
        },
      });
    });
  }

  /** What they call it now. */
  get called(): string {
    return this.#watchers.map(({ liveness }) => liveness.stateOf('v')).join('/');
  }

  isCalled(state: PeerState): boolean {
    return this.#watchers.every(({ liveness }) => liveness.stateOf('v') === state);
  }

  /** Out of step with the others. */
  async block(): Promise<Block> {
    await sleep(Math.random() * HEARTBEAT_MS);
    this.#called = [];
    const fromMs = performance.now();
    this.victim.tell({ blockMs: BLOCK_MS });
    await sleep(BLOCK_MS);
    const untilMs = performance.now();
    const isAlive = await until(() => this.isCalled('alive'), AGAIN_MS);
    const aliveAfterMs = isAlive ? performance.now() - untilMs : Infinity;
    const stalled = this.#called.filter(({ state }) => state === 'stalled');
    const others = this.#called.map(({ state }) => state);
    return {
      isStalled: WATCHERS.every((name) => stalled.some(({ by }) => by === name)),
      stalledAfterMs: (stalled[0]?.atMs ?? Infinity) - fromMs,
      wrongly: others.filter((state) => ['suspect', 'disputed', 'dead', 'left'].includes(state)),
      aliveAfterMs,
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.stop()));
  }
}
