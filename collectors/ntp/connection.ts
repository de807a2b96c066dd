/**
 * One socket to one server for one burst of questions, one after the other.
 *
 * The socket is connected, so that the kernel drops what comes from elsewhere, and new for each
 * burst, so that its port cannot be learned. T1 is read last before sending and T4 first after
 * reading: whatever lies between them and the wire makes the bounds wider, never wrong.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import {
  COOKIE_BYTES,
  encodeQuestion,
  type NtpAnswer,
  type NtpRefusal,
  originOf,
  readAnswer,
} from './packet.ts';

/** One question and its answer; wall times of ours are of the steady clock. */
export interface NtpExchange extends NtpAnswer {
  readonly t1MonoMs: number;
  readonly t4MonoMs: number;
  readonly t1WallMs: number;
  readonly t4WallMs: number;
}

/** What came of a question. */
export type NtpOutcome =
  | { readonly kind: 'answered'; readonly exchange: NtpExchange }
  /** The server answered with something that is no time. */
  | { readonly kind: 'refused'; readonly reason: NtpRefusal }
  | { readonly kind: 'silent' }
  /** The question could not be sent, or nobody listens there. */
  | { readonly kind: 'failed'; readonly why: string };

export interface NtpConnectionOptions {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** The steady clock less `performance.now()`, in ms. */
  readonly steadyBaseMs: number;
  /** How long to wait for an answer, in ms. */
  readonly timeoutMs: number;
  readonly diagnostics: Diagnostics;
  /** Called for every datagram that is not taken. */
  readonly onRefusal: (reason: NtpRefusal, why: string) => void;
}

/** The question on its way. */
interface Pending {
  readonly cookie: Uint8Array;
  t1MonoMs: number;
  readonly end: (outcome: NtpOutcome) => void;
}

/** These do not answer our question, whoever sent them: the true answer may still come. */
const NOT_THE_ANSWER = new Set<NtpRefusal>(['short', 'version', 'mode', 'origin', 'replay']);

export class NtpConnection {
  readonly #options: NtpConnectionOptions;
  readonly #socket: Socket;
  /** Cookies that were answered or given up: each is good once. */
  readonly #used = new Set<string>();
  #pending: Pending | undefined;
  #isClosed = false;

  /** Rejects if there is no way to the address at all. */
  static async open(options: NtpConnectionOptions): Promise<NtpConnection> {
    const socket = createSocket(isIPv6(options.address) ? 'udp6' : 'udp4');
    socket.unref();
    try {
      const connected = once(socket, 'connect');
      socket.connect(options.port, options.address);
      await connected;
    } catch (error) {
      socket.close();
      throw error;
    }
    return new NtpConnection(socket, options);
  }

  private constructor(socket: Socket, options: NtpConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    const onMessage = (bytes: Buffer): void => this.#receive(bytes, performance.now());
    socket.on('message', options.diagnostics.guard('ntp', onMessage));
    socket.on('error', (error) => this.#fail(error));
  }

  /** Asks once; never rejects. To be called when the last question has come to its end. */
  ask(): Promise<NtpOutcome> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#giveUpOnceRead(pending), this.#options.timeoutMs);
      timer.unref();
      const cookie = randomBytes(COOKIE_BYTES);
      const pending: Pending = {
        cookie,
        t1MonoMs: 0,
        end: (outcome) => {
          if (this.#pending !== pending) return;
          this.#pending = undefined;
          this.#used.add(keyOf(cookie));
          clearTimeout(timer);
          resolve(outcome);
        },
      };
      this.#pending = pending;
      if (this.#isClosed) return pending.end({ kind: 'failed', why: 'stopped' });
      const bytes = encodeQuestion(cookie);
      const whenSent = (error: Error | null): void => {
        if (error) this.#fail(error);
      };
      pending.t1MonoMs = performance.now();
      this.#socket.send(bytes, whenSent);
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    this.#pending?.end({ kind: 'failed', why: 'stopped' });
  }

  /** After a pause of ours the timer comes before the answer that waits in the socket's buffer. */
  #giveUpOnceRead(pending: Pending): void {
    // Not unref'ed: such a one does not wake the loop, and would wait for whatever comes next.
    setImmediate(() => pending.end({ kind: 'silent' }));
  }

  #receive(bytes: Uint8Array, t4MonoMs: number): void {
    const { steadyBaseMs, onRefusal } = this.#options;
    const pending = this.#pending;
    // Without a question on its way, no cookie is right.
    const cookie = pending?.cookie ?? new Uint8Array();
    const t1MonoMs = pending?.t1MonoMs ?? t4MonoMs;
    const times = { t1WallMs: t1MonoMs + steadyBaseMs, t4WallMs: t4MonoMs + steadyBaseMs };
    const reading = readAnswer(bytes, { cookie, ...times });
    if (reading.answer) {
      const exchange = { ...reading.answer, ...times, t1MonoMs, t4MonoMs };
      pending?.end({ kind: 'answered', exchange });
      return;
    }
    const isReplay = reading.reason === 'origin' && this.#used.has(keyOf(originOf(bytes)));
    const reason = isReplay ? 'replay' : reading.reason;
    onRefusal(reason, isReplay ? 'its question was answered before, or given up' : reading.why);
    if (!NOT_THE_ANSWER.has(reason)) pending?.end({ kind: 'refused', reason });
  }

  #fail(error: NodeJS.ErrnoException): void {
    const { address, port } = this.#options;
    const why =
      error.code === 'ECONNREFUSED' ? `nobody listens at ${address} port ${port}` : error.message;
    this.#pending?.end({ kind: 'failed', why });
  }
}

function keyOf(cookie: Uint8Array | undefined): string {
  return cookie ? Buffer.from(cookie).toString('hex') : '';
}
