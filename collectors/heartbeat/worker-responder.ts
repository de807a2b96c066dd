/**
 * Heartbeats over UDP by a thread of their own, so that a node whose main loop stands still is
 * *stalled* and not *dead*: the thread answers, and the progress in its answers does not move.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { TardyError } from '../../src/errors.ts';
import type { Message } from '../../src/membership/message.ts';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import type { Address, RefusalReason, Transport, TransportEvents } from './transport.ts';
import { openUdp, type UdpOptions, type UdpSocket } from './udp-socket.ts';
import { type FromThread, SHARED, type ThreadOptions, type ToThread } from './worker-messages.ts';

export interface WorkerResponderOptions extends Omit<UdpOptions, 'lookup'> {
  /** The thread's program, for tests. */
  readonly program?: URL | undefined;
}

export interface WorkerResponder extends Transport {
  readonly port: number;
}

/** Time between two turns of the main loop that are counted, in ms. */
const TURN_MS = 50;
/** It holds a socket and some hundred small objects. */
const HEAP_MB = 64;
/** The first wait before a thread that ended is started again; it doubles up to the last. */
const RESTART_MS = 100;
const RESTART_MAX_MS = 30_000;
/** A thread that is asked to stop and does not. */
const STOP_MS = 1000;

/**
 * Starts the thread. Rejects with ERR_TARDY_CONFIG if the port or the host cannot be had. If the
 * thread ends later, it is started again, on the same port.
 */
export async function createWorkerResponder(
  options: WorkerResponderOptions,
  events: TransportEvents,
  diagnostics: Diagnostics,
): Promise<WorkerResponder> {
  const responder = new Responder(options, events, diagnostics);
  try {
    await responder.start();
    await responder.openNotices();
    return responder;
  } catch (error) {
    await responder.stop();
    throw error;
  }
}

class Responder implements WorkerResponder {
  refusals: ReadonlyMap<RefusalReason, number> = new Map();
  readonly #options: WorkerResponderOptions;
  readonly #events: TransportEvents;
  readonly #diagnostics: Diagnostics;
  readonly #shared = new SharedArrayBuffer(SHARED.length * Int32Array.BYTES_PER_ELEMENT);
  readonly #counters = new Int32Array(this.#shared);
  /** Counts turns of the main loop: it stands still while the loop does. */
  readonly #turning: NodeJS.Timeout;
  /** A socket of the main thread. */
  #notices: UdpSocket | undefined;
  #worker: Worker | undefined;
  #port: number;
  #peers: readonly Address[] = [];
  #restartMs = RESTART_MS;
  #timer: NodeJS.Timeout | undefined;
  /** It has listened once: from then on it is started again when it ends. */
  #hasListened = false;
  #isStopped = false;

  constructor(options: WorkerResponderOptions, events: TransportEvents, diagnostics: Diagnostics) {
    this.#options = options;
    this.#events = events;
    this.#diagnostics = diagnostics;
    this.#port = options.port;
    const turn = (): void => void Atomics.add(this.#counters, SHARED.progress, 1);
    this.#turning = setInterval(turn, TURN_MS).unref();
  }

  get port(): number {
    return this.#port;
  }

  setPeers(peers: readonly Address[]): void {
    this.#peers = peers;
    this.#notices?.setPeers(peers);
    this.#post({ kind: 'peers', peers });
  }

  /** A notice goes by the main thread: what is handed to another may be lost when we end. */
  send(peer: Address, message: Message, urgent: boolean): void {
    if (message.kind === 'notice') this.#notices?.send(peer, message, urgent);
    else this.#post({ kind: 'send', peer, message, urgent });
  }

  /** Resolves when the port is free. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#post({ kind: 'stop' });
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#turning);
    await this.#notices?.stop();
    if (!worker) return;
    const gone = once(worker, 'exit');
    worker.ref(); // whoever waits for this is to get it
    const killer = setTimeout(() => void worker.terminate(), STOP_MS);
    await gone;
    clearTimeout(killer);
  }

  async openNotices(): Promise<void> {
    const { host, secret } = this.#options;
    this.#notices = await openUdp(
      { port: 0, host, secret },
      { onMessage: () => undefined, onEvidence: () => undefined },
      this.#diagnostics,
    );
    this.#notices.setPeers(this.#peers);
  }

  /** Resolves when the thread listens. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => this.#start(resolve, reject));
  }

  #start(resolve: () => void, reject: (error: Error) => void): void {
    const { host, secret, perSecond, program = PROGRAM } = this.#options;
    Atomics.store(this.#counters, SHARED.untaken, 0);
    const workerData: ThreadOptions = {
      ...{ port: this.#port, host, secret, perSecond, shared: this.#shared },
    };
    // Neither the host's --import nor its NODE_OPTIONS: the thread must not be measured, too.
    const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB };
    const worker = new Worker(program, { workerData, execArgv: [], env: {}, resourceLimits });
    this.#worker = worker;
    const onMessage = this.#diagnostics.guard('heartbeat worker', (message: FromThread) => {
      Atomics.sub(this.#counters, SHARED.untaken, 1);
      if (message.kind === 'ready') this.#ready(message.port, resolve);
      else if (message.kind === 'unusable') reject(unusable(message.why));
      else this.#receive(message);
    });
    worker.on('message', onMessage);
    worker.on('error', (error) => this.#diagnostics.failed('heartbeat worker', error));
    worker.on('exit', (code) => {
      reject(unusable(`the thread ended with ${code}`));
      this.#ended(code);
    });
    worker.unref();
  }

  #ready(port: number, resolve: () => void): void {
    this.#port = port;
    this.#hasListened = true;
    this.#post({ kind: 'peers', peers: this.#peers });
    this.#timer = setTimeout(() => (this.#restartMs = RESTART_MS), RESTART_MAX_MS).unref();
    resolve();
  }

  #receive(message: Exclude<FromThread, { readonly kind: 'ready' | 'unusable' }>): void {
    if (this.#isStopped) return;
    switch (message.kind) {
      case 'message': {
        const answer = this.#events.onMessage(message.message, message.arrival);
        if (message.message.kind !== 'question') return;
        return this.#post({ kind: 'reply', id: message.id, answer });
      }
      case 'evidence':
        return this.#events.onEvidence(message.peer, message.evidence);
      case 'refusal':
        this.refusals = message.counts;
        return this.#events.onRefusal?.(message.refusal);
      case 'failure':
        return this.#diagnostics.failed(message.where, new Error(message.why));
    }
  }

  #post(message: ToThread): void {
    if (!this.#isStopped) this.#worker?.postMessage(message);
  }

  /** A thread that never listened is not started again by itself: `start` has rejected. */
  #ended(code: number): void {
    this.#worker = undefined;
    clearTimeout(this.#timer);
    if (this.#isStopped || !this.#hasListened) return;
    this.#diagnostics.failed('heartbeat worker', new Error(`the thread ended with ${code}`));
    const restart = this.#diagnostics.guard('heartbeat worker', () => {
      this.start().catch((error: unknown) => {
        this.#diagnostics.failed('heartbeat worker', error);
      });
    });
    this.#timer = setTimeout(restart, this.#restartMs).unref();
    this.#restartMs = Math.min(RESTART_MAX_MS, this.#restartMs * 2);
  }
}

function unusable(why: string): TardyError {
  return new TardyError('ERR_TARDY_CONFIG', why);
}

const BUILT = new URL('./worker-thread.js', import.meta.url);
/** The file as it is here: built, or the source that Node runs as well. */
const PROGRAM = import.meta.url.endsWith('.ts') ? new URL(BUILT.href.replace(/js$/, 'ts')) : BUILT;
