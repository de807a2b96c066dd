/**
 * A client of one NTP server: questions, now and then, whose answers bound how far true time is
 * ahead of our steady clock.
 *
 * The server's own error (root delay / 2 + root dispersion + precision) is part of every bound, so
 * they are about true time and not about one server. A burst finds the narrowest exchange of
 * several and keeps caches warm: the error of one of four is a tenth of that of a single one.
 *
 * Servers of others, with public addresses, are not ours to spend: a burst at first and then single
 * questions, up to 1,024 s apart while they say what is known. In that time the bounds grow, at
 * 200 ppm by 0.2 s on each side. Source: RFC 8633, section 3; the rules of the NTP pool.
 */
import { lookup } from 'node:dns/promises';
import {
  createOffsetEstimator,
  MAX_DRIFT_PPM,
  type OffsetEstimator,
} from '../../src/clock/offset-estimator.ts';
import { argumentError } from '../../src/errors.ts';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import {
  type SourceReading,
  type SourceRefusal,
  SourceRefusals,
  STALE_MS,
  type TimeSource,
  type TimeSourceEvent,
} from '../time-source.ts';
import { NtpConnection, type NtpExchange, type NtpOutcome } from './connection.ts';
import type { NtpAnswer, NtpRefusal } from './packet.ts';
import { type PollEnd, PollSchedule } from './schedule.ts';
import type { NtpServer } from './server-name.ts';

export interface NtpClientOptions {
  readonly server: NtpServer;
  /** Steady clock less `performance.now()`, in ms: about `Date.now() - performance.now()`. */
  readonly steadyBaseMs: number;
  readonly diagnostics: Diagnostics;
  readonly onEvent?: ((event: TimeSourceEvent) => void) | undefined;
  /**
   * Between two polls, in ms: 16 s to 36 h. Default 64 s. With a server of others it doubles up to
   * 1,024 s while its answers agree, and is this again after a step or with another address.
   */
  readonly pollMs?: number | undefined;
  /**
   * Questions in a burst, 1 to 8. Default 8 in the first burst and 4 in all others. A server of
   * others gets the first burst only, 2 s between its questions, and then one question per poll.
   */
  readonly burst?: number | undefined;
  /** How long to wait for an answer, in ms. Default 1,500. */
  readonly timeoutMs?: number | undefined;
  /** How fast our clock may drift, in ppm, > 0 and ≤ 100,000. Default 200. */
  readonly maxDriftPpm?: number | undefined;
  /**
   * The addresses of a name. Default: the system's, with /etc/hosts and its search domains; only
   * that knows localhost, and names inside a cluster. It cannot be cancelled: a process that ends
   * while the DNS is dead waits for the system's time-out, often 10 s, even in `process.exit`.
   * Literal addresses are not looked up, and localhost is in /etc/hosts.
   */
  readonly resolve?: ((host: string) => Promise<readonly string[]>) | undefined;
  /** From 0 to 1, for the jitter. */
  readonly random?: (() => number) | undefined;
}

const BURST = 4;
const BURST_MAX = 8;
const TIMEOUT_MS = 1500;
/** The first burst comes within so long, so that processes started together do not ask together. */
const START_WITHIN_MS = 2000;
/** Addresses of a name that are tried in one go: the first may be of a family that is not routed. */
const ADDRESSES_MAX = 3;
/** So many questions in a row without an answer, and the rest of the burst is not sent. */
const SILENT_IN_A_ROW_MAX = 2;
/** Servers of others count those who ask twice in so long as greedy (RFC 5905: BTIME). */
const STRANGERS_GAP_MS = 2000;
export class NtpClient implements TimeSource {
  readonly name: string;
  readonly #options: NtpClientOptions;
  readonly #refusals: SourceRefusals;
  readonly #schedule: PollSchedule;
  #estimator: OffsetEstimator;
  /** Whose answers the estimator holds. */
  #estimated: string | undefined;
  #addresses: readonly string[] = [];
  #answer: NtpAnswer | undefined;
  #answeredAtMs = -Infinity;
  #why = 'not asked yet';
  #polling: Promise<void> | undefined;
  #connection: NtpConnection | undefined;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: NtpClientOptions) {
    const { server, diagnostics, onEvent, pollMs, burst = BURST } = options;
    if (!(Number.isInteger(burst) && burst >= 1 && burst <= BURST_MAX)) {
      throw argumentError('burst', burst, `a whole number from 1 to ${BURST_MAX}`);
    }
    this.name = server.name;
    this.#options = options;
    this.#estimator = newEstimator(options);
    this.#schedule = new PollSchedule(pollMs);
    this.#refusals = new SourceRefusals(server.name, diagnostics, onEvent);
  }

  /** Asks now and then from here on. Does not keep the process alive. */
  start(): void {
    const { random = Math.random } = this.#options;
    this.#pollIn(START_WITHIN_MS * random());
  }

  /** Asks now, besides the schedule; resolves when the burst is over. Never rejects. */
  poll(): Promise<void> {
    this.#polling ??= this.#poll()
      .catch((error: unknown) => this.#options.diagnostics.failed('ntp', error))
      .finally(() => (this.#polling = undefined));
    return this.#polling;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#wake?.();
  }

  get refusals(): ReadonlyMap<SourceRefusal, number> {
    return this.#refusals.counts;
  }

  reading(monoMs: number): SourceReading {
    const { name } = this;
    const answer = this.#answer;
    if (!answer) return { name, offset: undefined, leap: 'unsynchronised', why: this.#why };
    const { leap, stratum, rootDistanceMs } = answer;
    const lastAnswerAgoMs = monoMs - this.#answeredAtMs;
    const known = { name, leap, stratum, rootDistanceMs, lastAnswerAgoMs };
    const offset = lastAnswerAgoMs > STALE_MS ? undefined : this.#estimator.at(monoMs);
    return offset ? { ...known, offset } : { ...known, offset, why: this.#why };
  }

  #pollIn(ms: number): void {
    if (this.#isStopped) return;
    const poll = (): void => {
      void this.poll().then(() => {
        const { random = Math.random } = this.#options;
        const nextMs = this.#schedule.nextMs(random());
        if (nextMs !== undefined) this.#pollIn(nextMs);
      });
    };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(poll, ms).unref();
  }

  async #poll(): Promise<void> {
    let end: PollEnd = 'silent';
    for (let i = 0; i < ADDRESSES_MAX && end === 'silent'; i++) {
      const address = await this.#address();
      if (address === undefined || this.#isStopped) break;
      end = await this.#burst(address);
      // An address that answers is kept: each server has an error of its own.
      if (end === 'silent') this.#addresses = this.#addresses.slice(1);
      if (this.#addresses.length === 0) break;
    }
    this.#schedule.ended(end);
  }

  async #burst(address: string): Promise<PollEnd> {
    const { server, diagnostics, steadyBaseMs, timeoutMs = TIMEOUT_MS } = this.#options;
    const onRefusal = (reason: NtpRefusal, why: string): void => this.#refused(reason, why);
    const to = { address, port: server.port, steadyBaseMs, timeoutMs };
    const isKnown = address === this.#estimated;
    const { lastStep } = this.#estimator;
    try {
      this.#connection = await NtpConnection.open({ ...to, diagnostics, onRefusal });
      const end = await this.#ask(this.#connection, address);
      const isNews = !isKnown || this.#estimator.lastStep !== lastStep;
      return end === 'answered' && !isNews && !isNear(address) ? 'confirmed' : end;
    } catch (error) {
      this.#why = `cannot be asked: ${String(error)}`;
      return 'silent';
    } finally {
      this.#connection?.close();
      this.#connection = undefined;
    }
  }

  /** The next one to try; names are looked up again when all their addresses were silent. */
  async #address(): Promise<string | undefined> {
    const { server, resolve = systemAddresses } = this.#options;
    if (this.#addresses.length > 0) return this.#addresses[0];
    try {
      this.#addresses = await resolve(server.host);
    } catch (error) {
      this.#why = `its name cannot be looked up: ${String(error)}`;
    }
    return this.#addresses[0];
  }

  async #ask(connection: NtpConnection, address: string): Promise<PollEnd> {
    const burst = this.#questions(address);
    const gapMs = isNear(address) ? 0 : STRANGERS_GAP_MS;
    let end: PollEnd = 'silent';
    let silent = 0;
    // One that is lost is asked once more, even if it was the only one: UDP may lose it.
    for (let i = 0; i < Math.max(burst, silent + 1) && !this.#isStopped; i++) {
      if (i > 0 && gapMs > 0) await this.#wait(gapMs);
      const outcome = await connection.ask();
      if (outcome.kind === 'answered') {
        this.#take(outcome.exchange, address);
        end = 'answered';
        silent = 0;
      } else if (outcome.kind === 'silent') {
        silent++;
        if (end !== 'answered') this.#why = 'no answer';
        if (silent === SILENT_IN_A_ROW_MAX) break;
      } else {
        return this.#refusedBy(outcome) ?? end;
      }
    }
    return end;
  }

  /** How many are asked in one go. */
  #questions(address: string): number {
    const isFirst = address !== this.#estimated;
    if (!isFirst && !isNear(address)) return 1;
    return this.#options.burst ?? (isFirst ? BURST_MAX : BURST);
  }

  /** What an answer that is no time means for the schedule; undefined: no more than silence. */
  #refusedBy(outcome: Extract<NtpOutcome, { kind: 'refused' | 'failed' }>): PollEnd | undefined {
    if (outcome.kind === 'failed') {
      this.#why = outcome.why;
      return undefined;
    }
    if (outcome.reason === 'rate') return 'rate';
    return outcome.reason === 'deny' || outcome.reason === 'restricted' ? 'deny' : undefined;
  }

  #refused(reason: NtpRefusal, why: string): void {
    this.#why = why;
    this.#refusals.add(reason, why, performance.now());
  }

  #take(exchange: NtpExchange, address: string): void {
    const { onEvent, diagnostics } = this.#options;
    if (address !== this.#estimated) this.#estimator = newEstimator(this.#options);
    this.#estimated = address;
    const result = this.#estimator.exchange({
      ...exchange,
      remoteErrorMs: exchange.rootDistanceMs,
    });
    if (result === 'rejected') {
      return this.#refused('inconsistent', 'the exchange contradicts itself or our own clock');
    }
    this.#answer = exchange;
    this.#answeredAtMs = exchange.t4MonoMs;
    const step = result === 'step' ? this.#estimator.lastStep : undefined;
    if (step) {
      const event: TimeSourceEvent = { type: 'source-step', source: this.name, ...step };
      diagnostics.guard('time source event', () => onEvent?.(event))();
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function newEstimator({ maxDriftPpm = MAX_DRIFT_PPM }: NtpClientOptions): OffsetEstimator {
  return createOffsetEstimator({ maxDriftPpm });
}

/** Of this machine or network: it is ours to ask, and has no others to serve. */
function isNear(address: string): boolean {
  return /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe[89ab])/i.test(
    address,
  );
}

async function systemAddresses(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
