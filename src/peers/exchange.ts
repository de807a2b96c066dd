import type { InFlight } from '../timeout/types.ts';
import type { Linked } from '../timeout/in-flight.ts';
import type { Peer } from './peer.ts';
import type { Route } from './route.ts';

/** One request of ours, from the call to its reply. Instants are monotonic milliseconds. */
export class Exchange implements Linked {
  previous: Linked | undefined;
  next: Linked | undefined;
  peer: Peer;
  route: Route;
  readonly openedAtMs: number;
  /** When its headers went to the socket; undefined while it waits for a connection. */
  writtenAtMs: number | undefined;
  /** The connection had carried a request before. */
  reused = false;
  /** Its headers came: what ends now is only the body. */
  replied = false;
  ended = false;
  /** The estimator's view of it, from written to replied. */
  waiting: InFlight | undefined;
  /** What the estimator advised when it was written; Infinity while it had nothing to say. */
  advisedMs = Infinity;

  constructor(peer: Peer, route: Route, openedAtMs: number) {
    this.peer = peer;
    this.route = route;
    this.openedAtMs = openedAtMs;
  }
}
