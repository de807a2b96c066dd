/** The processes of the demo: started, watched, and stopped without leaving one behind. */
import type { TardyError } from '../../errors.ts';
import type { Environment } from '../io.ts';
import { Child, type ChildOptions } from './child-process.ts';
import { type GatewayArgument, HOST, type ServiceArgument } from './messages.ts';
import { type DemoService, SERVICES } from './services.ts';

export interface ClusterOptions {
  /** The gateway's; 0 for a free one. */
  readonly port: number;
  /** Time after which `slowing` becomes slow. */
  readonly slowAfterMs: number;
  readonly targetRate: number;
  readonly env: Environment;
}

export interface RunningService {
  readonly service: DemoService;
  readonly port: number;
  readonly pid: number;
}

export interface Cluster {
  readonly services: readonly RunningService[];
  /** The gateway's, such as `http://127.0.0.1:40000`. */
  readonly origin: string;
  readonly gatewayPid: number;
  /** Names of the HTTP clients that make the load, and of those that are not installed. */
  readonly clients: readonly string[];
  readonly missing: readonly string[];
  /** Why the gateway is gone; undefined while it lives. */
  gatewayEnd(): TardyError | undefined;
  stop(): Promise<void>;
}

type Start = (options: Omit<ChildOptions, 'env'>) => Child;

const SERVICE = programAt(new URL('./service.js', import.meta.url));
const GATEWAY = programAt(new URL('./gateway.js', import.meta.url));
const REGISTER = programAt(new URL('../../register.js', import.meta.url));

/** Starts four services and the gateway that calls them. Throws if one does not start. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const children: Child[] = [];
  const env = childEnvironment(options);
  const start: Start = (child) => {
    const started = new Child({ ...child, env });
    children.push(started);
    return started;
  };
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()));
  };
  try {
    const services = await startServices(start, options.slowAfterMs);
    return { services, ...(await startGateway(start, options.port, services)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startServices(start: Start, slowAfterMs: number): Promise<RunningService[]> {
  const started = SERVICES.map((service) => {
    const { name } = service;
    const argument: ServiceArgument = { name, slowAfterMs };
    return { service, child: start({ name, program: SERVICE, argument }) };
  });
  return Promise.all(
    started.map(async ({ service, child }) => {
      const { port } = await child.ready();
      return { service, port, pid: child.pid };
    }),
  );
}

async function startGateway(start: Start, wanted: number, services: readonly RunningService[]) {
  const targets = services.map(({ service, port }) => ({ name: service.name, port }));
  const argument: GatewayArgument = { port: wanted, targets };
  const execArgv = ['--import', REGISTER.href];
  const child = start({ name: 'gateway', program: GATEWAY, argument, execArgv });
  const { port, clients, missing } = await child.ready();
  return {
    origin: `http://${HOST}:${port}`,
    gatewayPid: child.pid,
    clients,
    missing,
    gatewayEnd: () => child.end,
  };
}

/**
 * Settings of the surroundings stay outside: a state file would be written by five processes, a
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
