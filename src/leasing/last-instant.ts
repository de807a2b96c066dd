/**
 * The last look at a lease before a request leaves.
 *
 * Between a check and the bytes of `fetch` lie tens to hundreds of microseconds in which we may be
 * stopped. `node:http` tells when a request gets its connection, right before it is written: a
 * check there leaves a few microseconds. It makes a stale write rarer, never impossible: the
 * network and the resource may stand still too.
 */
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { RunningLease } from './lease-guard.ts';

/**
 * Asks the clock again when this request of `node:http` or `node:https` gets its connection, and
 * destroys it with ERR_TARDY_LEASE_LOST (its `error` event) if the lease is not held. To be called
 * in the turn that made the request: one that has its connection is asked about at once, and may
 * have been written. A new connection is asked about when TCP has it; with TLS the
 * handshake comes after that.
 */
export function checkAtWrite(
  request: ClientRequest,
  lease: Pick<RunningLease, 'assertHeld'>,
): void {
  const check = () => {
    try {
      lease.assertHeld();
    } catch (error) {
      request.destroy(error as Error);
    }
  };
  const checkOn = (socket: Socket) => {
    // A new connection is written to when it is there.
    if (socket.connecting) socket.once('connect', check);
    else check();
  };
  const socket = request.socket;
  if (socket) checkOn(socket);
  else request.once('socket', checkOn);
}
