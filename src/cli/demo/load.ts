/**
 * The load: requests come at random instants (Poisson arrivals), whether the ones before have
 * been answered or not, as users do. A load that waits for replies would send less to a slow
 * service and hide the slowness.
 */
import type { Client } from './clients.ts';
import { type DemoService, RATE_PER_SERVICE, type Route } from './services.ts';

export interface Target {
  readonly service: DemoService;
  /** `http://127.0.0.1:40001`. */
  readonly origin: string;
}

/** Requests to one service that wait at the same time; more are left out, or memory would grow. */
const IN_FLIGHT_MAX = 64;
const ID_MAX = 100_000;

/** Sends until the process ends. */
export function startLoad(
  targets: readonly Target[],
  configured: readonly Client[],
  adaptive: Client,
): void {
  for (const target of targets) {
    const clients = target.service.enforcedTargetRate === undefined ? configured : [adaptive];
    let inFlight = 0;
    let sent = 0;
    const fire = (): void => {
      setTimeout(fire, nextArrivalMs(RATE_PER_SERVICE, Math.random()));
      const client = clients[sent++ % clients.length];
      if (!client || inFlight >= IN_FLIGHT_MAX) return;
      inFlight++;
      const done = () => {
        inFlight--;
      };
      client.send(callTo(target, Math.random)).then(done, done);
    };
    setTimeout(fire, nextArrivalMs(RATE_PER_SERVICE, Math.random()));
  }
}

/** Time to the next of events that come at random, `ratePerS` a second on average. */
export function nextArrivalMs(ratePerS: number, random: number): number {
  return (-1000 * Math.log1p(-random)) / ratePerS;
}

/** One request to a target: a route by weight, an id that was hardly asked for before. */
export function callTo({ service, origin }: Target, random: () => number) {
  const { method, path } = pick(service.routes, random());
  const id = 1 + Math.floor(random() * ID_MAX);
  const url = origin + path.replace(':id', String(id));
  return { method, url, timeoutMs: service.configuredTimeoutMs };
}

function pick(routes: readonly Route[], random: number): Route {
  let left = random * routes.reduce((total, { weight }) => total + weight, 0);
  for (const route of routes) {
    left -= route.weight;
    if (left < 0) return route;
  }
  return routes.at(-1) as Route;
}
