/** The processes of the demo: started, watched, and stopped without leaving one behind. */
import { randomBytes } from 'node:crypto';
import type { TardyError } from '../../errors.ts';
import type { PeerState } from '../../membership/types.ts';
import type { Environment } from '../io.ts';
import { Child, type ChildOptions } from './child-process.ts';
import {
  type GatewayArgument,
  HOST,
  type LeaseSight,
  type ServiceArgument,
  type Sight,
} from './messages.ts';
import { createNetwork, type Network, type NodeName } from './network.ts';
import { type DemoService, LEASE, type ServiceName, SERVICES, TARGET } from './services.ts';
import { skewableClock, type SkewableClock } from './skew.ts';

export interface ClusterOptions {
  /** The gateway's; 0 for a free one. */
  readonly port: number;
  /** Time after which `slowing` becomes slow. */
  readonly slowAfterMs: number;
  readonly targetRate: number;
  /** Whether there will be faults. */
  readonly canFail: boolean;
  readonly env: Environment;
}

export interface RunningService {
  readonly service: DemoService;
  readonly port: number;
  readonly pid: number;
}

interface Heard {
  /** When we were told, by our own monotonic clock. */
  readonly atMs: number;
}

/** What one node saw of another. */
export type Seen = Sight & Heard & { readonly observer: NodeName; readonly node: NodeName };

export type LeaseSeen = LeaseSight & Heard & { readonly node: NodeName };

export interface Cluster {
  /** As they are now: one that was started again has another pid. */
  readonly services: readonly RunningService[];
  /** The gateway's, such as `http://127.0.0.1:40000`. */
  readonly origin: string;
  readonly gatewayPid: number;
  /** Names of the HTTP clients that make the load, and of those that are not installed. */
  readonly clients: readonly string[];
  readonly missing: readonly string[];
  /** What everyone saw of everyone so far, in the order in which we were told. */
  readonly seen: readonly Seen[];
  /** What became of the lease on the ledger. */
  readonly leases: readonly LeaseSeen[];
  readonly network: Pick<Network, 'drop' | 'delay'>;
  /** What an observer calls a node now; `unknown` before it called it anything. */
  stateOf(observer: NodeName, node: NodeName): PeerState;
  /** Why the gateway is gone; undefined while it lives. */
  gatewayEnd(): TardyError | undefined;
  signal(name: ServiceName, signal: 'SIGSTOP' | 'SIGCONT'): void;
  kill(name: ServiceName): Promise<void>;
  /** By what the clock of a service can be set; undefined if there will be no faults. */
  readonly clockSetBy: string | undefined;
  /** Sets the clock of the service that faults happen to so far ahead. */
  setClock(aheadMs: number): Promise<void>;
  /** Starts it again, on the same port; resolves when it serves. */
  restart(name: ServiceName): Promise<void>;
  stop(): Promise<void>;
}

const SERVICE = programAt(new URL('./service.js', import.meta.url));
const GATEWAY = programAt(new URL('./gateway.js', import.meta.url));
const SKEW = programAt(new URL('./skew-register.js', import.meta.url));
const REGISTER = programAt(new URL('../../register.js', import.meta.url));

/** Starts five services and the gateway that calls them. Throws if one does not start. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const cluster = new Processes(options, await createNetwork(options));
  try {
    await cluster.start();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

class Processes implements Cluster {
  readonly network: Network;
  readonly seen: Seen[] = [];
  readonly leases: LeaseSeen[] = [];
  clients: readonly string[] = [];
  missing: readonly string[] = [];
  readonly #options: ClusterOptions;
  readonly #env: Readonly<Record<string, string>>;
  readonly #children = new Map<NodeName, Child>();
  readonly #states = new Map<string, PeerState>();
  #skew: SkewableClock | undefined;

  constructor(options: ClusterOptions, network: Network) {
    this.#options = options;
    this.network = network;
    // Made up anew each time, and told to nobody else.
    this.#env = { ...childEnvironment(options), TARDY_SECRET: randomBytes(16).toString('hex') };
  }

  async start(): Promise<void> {
    if (this.#options.canFail) this.#skew = await skewableClock(SKEW);
    await Promise.all(SERVICES.map(({ name }) => this.#startService(name)));
    await this.#startGateway();
  }

  get services(): readonly RunningService[] {
    return SERVICES.map((service) => {
      const pid = this.#children.get(service.name)?.pid ?? 0;
      return { service, port: this.#portOf(service.name), pid };
    });
  }

  get origin(): string {
    return this.#originOf('gateway');
  }

  get gatewayPid(): number {
    return this.#children.get('gateway')?.pid ?? 0;
  }

  stateOf(observer: NodeName, node: NodeName): PeerState {
    return this.#states.get(`${observer} ${node}`) ?? 'unknown';
  }

  gatewayEnd(): TardyError | undefined {
    return this.#children.get('gateway')?.end;
  }

  signal(name: ServiceName, signal: 'SIGSTOP' | 'SIGCONT'): void {
    const child = this.#children.get(name);
    if (!child) return;
    const asleep = signal === 'SIGSTOP' ? { asleep: child.pid } : {};
    this.#children.get('gateway')?.tell(asleep);
    child.signal(signal);
  }

  async kill(name: ServiceName): Promise<void> {
    await this.#children.get(name)?.kill();
  }

  get clockSetBy(): string | undefined {
    return this.#skew?.how;
  }

  async setClock(aheadMs: number): Promise<void> {
    await this.#skew?.set(aheadMs, (message) => this.#children.get(TARGET)?.tell(message));
  }

  async restart(name: ServiceName): Promise<void> {
    await this.#startService(name);
  }

  async stop(): Promise<void> {
    // Whoever cannot be stopped keeps nothing else from being cleared away.
    await Promise.allSettled([...this.#children.values()].map((child) => child.stop()));
    this.network.close();
    this.#skew?.close();
  }

  async #startService(name: ServiceName): Promise<void> {
    const { slowAfterMs, canFail } = this.#options;
    const contender = canFail ? LEASE.contenders[name] : undefined;
    const argument: ServiceArgument = {
      ...{ name, port: this.#portOf(name), slowAfterMs },
      keepsLedger: canFail && name === LEASE.keeper,
      ...(contender ? { lease: { ...contender, ledger: this.#originOf(LEASE.keeper) } } : {}),
    };
    const { env = {}, imports = [] } = (name === TARGET ? this.#skew : undefined) ?? {};
    const execArgv = imports.flatMap((url) => ['--import', url.href]);
    await this.#start({ name, program: SERVICE, argument, env, execArgv }).ready();
  }

  async #startGateway(): Promise<void> {
    const targets = SERVICES.map(({ name }) => ({ name, port: this.#portOf(name) }));
    const argument: GatewayArgument = { port: this.#portOf('gateway'), targets };
    const execArgv = ['--import', REGISTER.href];
    const child = this.#start({ name: 'gateway', program: GATEWAY, argument, execArgv });
    const { clients, missing } = await child.ready();
    this.clients = clients;
    this.missing = missing;
  }

  #start(child: ChildToStart): Child {
    const { name } = child;
    const started = new Child({
      ...child,
      env: { ...this.#env, ...this.network.environment(name), ...child.env },
      onSight: (sight) => this.#saw(name, sight),
      onLease: (sight) => keep(this.leases, { ...sight, node: name, atMs: performance.now() }),
    });
    this.#children.set(name, started);
    return started;
  }

  #saw(observer: NodeName, sight: Sight): void {
    const node = this.network.nodeNamed(sight.peer);
    if (node === undefined) return;
    keep(this.seen, { ...sight, observer, node, atMs: performance.now() });
    if (sight.type === 'state') this.#states.set(`${observer} ${node}`, sight.to);
  }

  #originOf(name: NodeName): string {
    return `http://${HOST}:${this.#portOf(name)}`;
  }

  #portOf(name: NodeName): number {
    return this.network.ports.get(name) as number;
  }
}

type ChildToStart = Omit<ChildOptions, 'env' | 'onSight' | 'onLease'> & {
  readonly name: NodeName;
  readonly env?: Readonly<Record<string, string>>;
};

/** A demo may run for a day. */
const SEEN_MAX = 10_000;

function keep<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > SEEN_MAX) list.shift();
}

/**
 * Settings of the surroundings stay outside: a state file would be written by six processes, a
 * proxy would stand between gateway and services.
 */
export function childEnvironment({
  env,
  targetRate,
}: Pick<ClusterOptions, 'env' | 'targetRate'>): Record<string, string> {
  const foreign = /^(TARDY_|OTEL_|NODE_OPTIONS$|NODE_USE_ENV_PROXY$|(HTTPS?|ALL|NO)_PROXY$)/i;
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !foreign.test(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    TARDY_PRESET: 'local',
    TARDY_TARGET_RATE: String(targetRate),
    TARDY_MODE: 'shadow',
    TARDY_RULES: JSON.stringify(enforced()),
    TARDY_QUIET: 'true',
    // Nothing is pushed anywhere: the gateway serves its metrics on its own port.
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_SERVICE_NAME: 'tardy-demo',
  };
}

/** Whose calls are held to the advice. */
function enforced() {
  return SERVICES.flatMap(({ routes, enforcedTargetRate: targetRate }) =>
    targetRate === undefined
      ? []
      : routes.map(({ method, path }) => ({
          route: `${method} ${path}`,
          mode: 'enforce',
          targetRate,
        })),
  );
}

/** The file as it is here: built, or the source that Node runs as well. */
function programAt(built: URL): URL {
  return import.meta.url.endsWith('.ts') ? new URL(built.href.replace(/js$/, 'ts')) : built;
}
