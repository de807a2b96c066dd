/**
 * Connections to one peer: kept alive, watched, and of no weight to the process.
 *
 * A held connection is what tells a killed process within a round trip: its kernel closes it.
 */
import { Agent, type AgentOptions } from 'node:http';
import { Agent as TlsAgent, type AgentOptions as TlsOptions } from 'node:https';
import { Socket } from 'node:net';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';

/** One in use, one spare for when an answer is overdue. */
export const SOCKETS_MAX = 2;
/** Nobody asked the peer anything for so long: it is not watched any more. */
const IDLE_MS = 120_000;

export interface ConnectionEvents {
  /** Its kernel has taken a connection, after so long. */
  onConnect(durationMs: number): void;
  /** The other side closed a connection that had said it would stay. */
  onReset(): void;
}

/** Connections that we end, or whose end was announced. */
const ending = new WeakSet<Socket>();

/** The end of this connection, if it comes, is no news of the peer. */
export function endsSoon(socket: Socket | null): void {
  if (socket) ending.add(socket);
}

export function createAgent(
  isTls: boolean,
  events: ConnectionEvents,
  diagnostics: Diagnostics,
  tls?: TlsOptions,
): Agent {
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets: SOCKETS_MAX,
    maxFreeSockets: SOCKETS_MAX,
    scheduling: 'lifo', // the spare may rest
    timeout: IDLE_MS,
  };
  const agent = isTls ? new TlsAgent({ ...tls, ...options }) : new Agent(options);
  const connect = agent.createConnection.bind(agent);
  const onSocket = diagnostics.guard('heartbeat connection', (socket: Socket) => {
    watch(socket, events, diagnostics);
  });
  agent.createConnection = (...args) => {
    const socket = connect(...args);
    if (socket instanceof Socket) onSocket(socket);
    return socket;
  };
  // Node's own makes a reused socket hold the process again.
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    if (socket instanceof Socket) socket.unref();
  };
  return agent;
}

/**
 * Sends bytes on a connection that nobody uses, and gives it up; false if there is none. They are
 * with the kernel when this returns: what a process says last it cannot say later.
 */
export function sendLast(agent: Agent, bytes: Uint8Array): boolean {
  for (const sockets of Object.values(agent.freeSockets)) {
    const socket = sockets?.find(({ destroyed, writable }) => writable && !destroyed);
    if (!socket) continue;
    endsSoon(socket);
    socket.end(bytes);
    socket.emit('agentRemove'); // which forgets only sockets that are no more to be written to
    return true;
  }
  return false;
}

function watch(socket: Socket, events: ConnectionEvents, diagnostics: Diagnostics): void {
  let attemptedMs = performance.now();
  let isHeld = false;
  const onConnect = diagnostics.guard('heartbeat connection', () => {
    events.onConnect(performance.now() - attemptedMs);
  });
  const onGone = diagnostics.guard('heartbeat connection', () => {
    if (isHeld && !ending.has(socket)) events.onReset();
    endsSoon(socket);
  });
  socket.unref();
  socket.on('connectionAttempt', () => (attemptedMs = performance.now()));
  socket.on('connect', onConnect);
  // A handshake that fails for its certificate is no reset.
  socket.on('encrypted' in socket ? 'secureConnect' : 'connect', () => (isHeld = true));
  socket.on('timeout', () => endsSoon(socket)); // the agent closes what was idle for long
  // Of a connection that nobody uses, Node tells its close alone; of others its end before that.
  socket.on('end', onGone).on('close', onGone);
}
