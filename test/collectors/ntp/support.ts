/** NTP servers that say what a test wants. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { NtpClient, type NtpClientOptions } from '../../../collectors/ntp/client.ts';
import { parseNtpServer } from '../../../collectors/ntp/server-name.ts';
import type { TimeSourceEvent } from '../../../collectors/time-source.ts';
import { Diagnostics } from '../../../src/telemetry/diagnostics.ts';

/** The fields of a packet; times in ms since 1970, in the era of the header when they are sent. */
export interface PacketFields {
  readonly leap: number;
  readonly version: number;
  readonly mode: number;
  readonly stratum: number;
  /** Logarithm to the base 2, in seconds. */
  readonly precision: number;
  readonly rootDelayMs: number;
  readonly rootDispersionMs: number;
  /** Four characters, or bytes. */
  readonly referenceId: string;
  readonly origin: Uint8Array;
  /** Undefined: zero. */
  readonly referenceWallMs: number | undefined;
  readonly t2WallMs: number | undefined;
  readonly t3WallMs: number | undefined;
}

const UNIX_EPOCH_S = 2_208_988_800n;

export const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
/** 23 November 2026. */
export const NOW_MS = 1_795_417_200_000;

/** What a good server would say. */
export function packet(fields: Partial<PacketFields> = {}): Buffer {
  const all: PacketFields = {
    ...{ leap: 0, version: 4, mode: 4, stratum: 2, precision: -20 },
    ...{ rootDelayMs: 4, rootDispersionMs: 1, referenceId: '\x7f\0\0\x01', origin: COOKIE },
    ...{ referenceWallMs: NOW_MS - 5000, t2WallMs: NOW_MS, t3WallMs: NOW_MS },
    ...fields,
  };
  const bytes = Buffer.alloc(48);
  bytes.writeUInt8((all.leap << 6) | (all.version << 3) | all.mode, 0);
  bytes.writeUInt8(all.stratum, 1);
  bytes.writeInt8(all.precision, 3);
  bytes.writeUInt32BE(Math.round((all.rootDelayMs * 65_536) / 1000), 4);
  bytes.writeUInt32BE(Math.round((all.rootDispersionMs * 65_536) / 1000), 8);
  bytes.write(all.referenceId, 12, 4, 'latin1');
  bytes.set(all.origin, 24);
  writeTime(bytes, 16, all.referenceWallMs);
  writeTime(bytes, 32, all.t2WallMs);
  writeTime(bytes, 40, all.t3WallMs);
  return bytes;
}

/** To the nanosecond, by whole numbers. */
function writeTime(bytes: Buffer, at: number, wallMs: number | undefined): void {
  if (wallMs === undefined) return;
  const ns = BigInt(Math.floor(wallMs)) * 1_000_000n + BigInt(Math.round((wallMs % 1) * 1e6));
  const fixed = (ns << 32n) / 1_000_000_000n + (UNIX_EPOCH_S << 32n);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, fixed), at);
}

export interface FakeServer {
  readonly port: number;
  /** Every question, in order. */
  readonly questions: Buffer[];
  /** The port each question came from. */
  readonly ports: number[];
  /** Sends from its own port. */
  send(bytes: Buffer, port: number): void;
  close(): Promise<void>;
}

/** Sends what `answer` gives for the nth question, counted from 0. */
export async function fakeServer(
  answer: (cookie: Buffer, n: number, socket: Socket, from: RemoteInfo) => readonly Buffer[],
  at = 0,
  address = '127.0.0.1',
): Promise<FakeServer> {
  const socket = createSocket('udp4');
  const questions: Buffer[] = [];
  const ports: number[] = [];
  socket.on('message', (bytes, from) => {
    questions.push(bytes);
    ports.push(from.port);
    const cookie = bytes.subarray(40, 48);
    for (const reply of answer(cookie, questions.length - 1, socket, from)) {
      socket.send(reply, from.port, from.address);
    }
  });
  socket.bind(at, address);
  await once(socket, 'listening');
  let closed: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    closed ??= once(socket.close(), 'close');
    await closed;
  };
  onTestFinished(close);
  const { port } = socket.address();
  return { port, questions, ports, close, send: (b, to) => socket.send(b, to, '127.0.0.1') };
}

/** The answer of a server whose clock is right, give or take. */
export function goodAnswer(cookie: Uint8Array, fields: Partial<PacketFields> = {}): Buffer {
  const nowMs = STEADY_BASE_MS + performance.now();
  const times = { referenceWallMs: nowMs - 1000, t2WallMs: nowMs, t3WallMs: nowMs };
  return packet({ ...times, origin: cookie, ...fields });
}

export const STEADY_BASE_MS = Date.now() - performance.now();

export interface TestClient {
  readonly client: NtpClient;
  readonly events: TimeSourceEvent[];
  readonly diagnostics: Diagnostics;
}

/** A client of 127.0.0.1 that is stopped with the test. */
export function clientOf(port: number, options: Partial<NtpClientOptions> = {}): TestClient {
  const events: TimeSourceEvent[] = [];
  const diagnostics = new Diagnostics();
  const client = new NtpClient({
    server: parseNtpServer(`127.0.0.1:${port}`),
    steadyBaseMs: STEADY_BASE_MS,
    diagnostics,
    onEvent: (event) => events.push(event),
    timeoutMs: 50,
    ...options,
  });
  onTestFinished(() => client.stop());
  return { client, events, diagnostics };
}
