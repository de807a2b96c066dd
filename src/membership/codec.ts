/**
 * Messages as bytes: the same over UDP and HTTP, small enough that a question, its answer, their
 * MACs and headers are less than 300 bytes, and bounded whoever wrote them.
 *
 *     0  version          1  kind         2  length of the name, name in UTF-8
 *        to 8   bootId 8   seq 4   nonce 8   echo 8   sentAt f64   sentAtWall f64
 *        pausedMs × 10 in 4   progress 4   digest 4
 *        answer: receivedAt f64          notice: reason 1, about 8 (zeros: the sender itself)
 *        opinions: count 1, each about 8, vote 1, heardAgoMs 4 (all ones: never), boot 4
 *        asks: count 1, each 8
 *        extensions to the end: type 1, length 2, bytes.  Type 0 is padding, and the last.
 *
 * All numbers are big-endian. Nobody can be made to send more than they were sent: a question is
 * padded to the length of the answer, and `fit` makes an answer as short as its question.
 */
import { argumentError } from '../errors.ts';
import { Reader } from './codec-reader.ts';
import { utf8Length, Writer } from './codec-writer.ts';
import {
  type Extension,
  LIMITS,
  type Message,
  type MessageKind,
  type NoticeReason,
  type Opinion,
  type Vote,
} from './message.ts';

export const CODEC_VERSION = 1;

/** The longest message that `decode` looks at, padding included: what HTTP lets through. */
export const MESSAGE_BYTES_MAX = 16_384;

/** Either a message, or why the bytes are none. */
export type Decoded =
  | { readonly message: Message; readonly error?: undefined }
  | { readonly error: string; readonly message?: undefined };

const KINDS: readonly [MessageKind, ...MessageKind[]] = ['question', 'answer', 'notice'];
const VOTES: readonly [Vote, ...Vote[]] = ['alive', 'suspect', 'stalled', 'left'];
const REASONS: readonly [NoticeReason, ...NoticeReason[]] = ['goodbye', 'crash', 'down'];

/** Everything but the name, the lists and what belongs to one kind. */
const FIXED_BYTES = 69;
const RECEIVED_BYTES = 8;
const NOTICE_BYTES = 9;
const OPINION_BYTES = 17;
const ASK_BYTES = 8;
const EXTENSION_HEAD_BYTES = 3;
const PADDING = 0;
/** No name hashes to it but by a chance of 2^-64. */
const NOBODY = '0'.repeat(16);

const NEVER = 0xffff_ffff;
const PAUSE_UNITS_PER_MS = 10;

/** Used for every message: JavaScript runs one `encode` at a time. */
const writer = new Writer(MESSAGE_BYTES_MAX);

/**
 * A message as bytes. Throws ERR_TARDY_ARGUMENT for what is out of range.
 *
 * - `minLength` bytes, at most 16,384: padded until it is as long, or up to 2 bytes longer. A
 *   question is at least as long as an answer with the same name, opinions and extensions.
 * - `pausedMs` is rounded to 0.1 ms, `heardAgoMs` to 1 ms; both saturate.
 */
export function encode(message: Message, minLength = 0): Uint8Array {
  writer.reset();
  writeHead(message);
  writeByKind(message);
  writeOpinions(message.opinions);
  checkCount('asks', message.asks.length, LIMITS.asks);
  writer.u8(message.asks.length);
  for (const ask of message.asks) writer.hex('asks', ask, 16);
  writeExtensions(message.extensions);
  const answerBytes = message.kind === 'question' ? writer.length + RECEIVED_BYTES : 0;
  pad(Math.max(answerBytes, Math.min(minLength, MESSAGE_BYTES_MAX)));
  return writer.taken();
}

/** Bytes of a message before padding. */
export function encodedLength(message: Message): number {
  const { kind, from, opinions, asks, extensions } = message;
  let length = FIXED_BYTES + utf8Length(from);
  if (kind === 'answer') length += RECEIVED_BYTES;
  if (kind === 'notice') length += NOTICE_BYTES;
  length += opinions.length * OPINION_BYTES + asks.length * ASK_BYTES;
  for (const { bytes } of extensions) length += EXTENSION_HEAD_BYTES + bytes.length;
  return length;
}

/**
 * The message with so few opinions, then extensions, then asks that it takes at most `maxBytes`
 * without padding; the last go first. Undefined if it takes more even without any.
 */
export function fit(message: Message, maxBytes: number): Message | undefined {
  let excess = encodedLength(message) - maxBytes;
  if (excess <= 0) return message;
  const opinions = [...message.opinions];
  const extensions = [...message.extensions];
  const asks = [...message.asks];
  for (; excess > 0 && opinions.length > 0; opinions.pop()) excess -= OPINION_BYTES;
  while (excess > 0 && extensions.length > 0) {
    excess -= EXTENSION_HEAD_BYTES + (extensions.pop()?.bytes.length ?? 0);
  }
  for (; excess > 0 && asks.length > 0; asks.pop()) excess -= ASK_BYTES;
  return excess > 0 ? undefined : { ...message, opinions, extensions, asks };
}

/** What the bytes say; never throws. */
export function decode(bytes: Uint8Array): Decoded {
  if (bytes.length > MESSAGE_BYTES_MAX) {
    return { error: `${bytes.length} bytes, at most ${MESSAGE_BYTES_MAX}` };
  }
  const reader = new Reader(bytes);
  const version = reader.u8('version');
  if (reader.left > 0 && version !== CODEC_VERSION) {
    const age = version < CODEC_VERSION ? 'older' : 'newer';
    return { error: `version ${version} is ${age} than ours, ${CODEC_VERSION}` };
  }
  const kind = reader.oneOf('kind', KINDS);
  const message = {
    ...readHead(reader, kind),
    ...readByKind(reader, kind),
    opinions: readOpinions(reader),
    asks: Array.from({ length: reader.count('asks', LIMITS.asks) }, () => reader.hex('asks', 16)),
    extensions: readExtensions(reader),
  };
  return reader.error === undefined ? { message } : { error: reader.error };
}

function writeHead(message: Message): void {
  writer.u8(CODEC_VERSION);
  writer.u8(KINDS.indexOf(message.kind));
  writer.text('from', message.from, LIMITS.nameBytes);
  writer.hex('to', message.to, 16);
  writer.hex('bootId', message.bootId, 16);
  if (message.seq === 0) throw argumentError('seq', 0, 'counted from 1');
  writer.u32('seq', message.seq);
  writer.hex('nonce', message.nonce, 16);
  writer.hex('echo', message.echo, 16);
  writer.timeMs('sentAtMs', message.sentAtMs);
  writer.timeMs('sentAtWallMs', message.sentAtWallMs);
  writer.saturating('pausedMs', message.pausedMs * PAUSE_UNITS_PER_MS, NEVER);
  writer.u32('progress', message.progress);
  writer.u32('digest', message.digest);
}

function readHead(reader: Reader, kind: MessageKind) {
  const head = {
    kind,
    from: reader.text('from', LIMITS.nameBytes),
    to: reader.hex('to', 16),
    bootId: reader.hex('bootId', 16),
    seq: reader.u32('seq'),
    nonce: reader.hex('nonce', 16),
    echo: reader.hex('echo', 16),
    sentAtMs: reader.timeMs('sentAtMs'),
    sentAtWallMs: reader.timeMs('sentAtWallMs'),
    pausedMs: reader.u32('pausedMs') / PAUSE_UNITS_PER_MS,
    progress: reader.u32('progress'),
    digest: reader.u32('digest'),
  };
  if (head.seq === 0) reader.fail('seq is 0: it counts from 1');
  return head;
}

function writeByKind({ kind, receivedAtMs, reason, about }: Message): void {
  const isAnswer = kind === 'answer';
  if (isAnswer !== (receivedAtMs !== undefined)) {
    throw argumentError('receivedAtMs', receivedAtMs, 'there in answers and nowhere else');
  }
  if ((kind === 'notice') !== (reason !== undefined)) {
    throw argumentError('reason', reason, 'there in notices and nowhere else');
  }
  if ((reason === 'down' || about !== undefined) && !isAbout(reason, about)) {
    throw argumentError('about', about, 'there in notices alone, and always with "down"');
  }
  if (receivedAtMs !== undefined) writer.timeMs('receivedAtMs', receivedAtMs);
  if (reason === undefined) return;
  writer.u8(REASONS.indexOf(reason));
  writer.hex('about', about ?? NOBODY, 16);
}

function isAbout(reason: NoticeReason | undefined, about: string | undefined): boolean {
  return reason !== undefined && about !== undefined && about !== NOBODY;
}

function readByKind(reader: Reader, kind: MessageKind) {
  if (kind === 'answer') return { receivedAtMs: reader.timeMs('receivedAtMs') };
  if (kind === 'notice') {
    const reason = reader.oneOf('reason', REASONS);
    const about = reader.hex('about', 16);
    if (about !== NOBODY) return { reason, about };
    if (reason === 'down') reader.fail('about is nobody');
    return { reason };
  }
  return {};
}

function writeOpinions(opinions: readonly Opinion[]): void {
  checkCount('opinions', opinions.length, LIMITS.opinions);
  writer.u8(opinions.length);
  for (const { about, vote, heardAgoMs, boot } of opinions) {
    writer.hex('about', about, 16);
    writer.u8(VOTES.indexOf(vote));
    if (heardAgoMs === undefined) writer.u32('heardAgoMs', NEVER);
    else writer.saturating('heardAgoMs', heardAgoMs, NEVER - 1);
    writer.hex('boot', boot, 8);
  }
}

function readOpinions(reader: Reader): Opinion[] {
  const count = reader.count('opinions', LIMITS.opinions);
  return Array.from({ length: count }, () => {
    const about = reader.hex('about', 16);
    const vote = reader.oneOf('vote', VOTES);
    const agoMs = reader.u32('heardAgoMs');
    const heardAgoMs = agoMs === NEVER ? undefined : agoMs;
    return { about, vote, heardAgoMs, boot: reader.hex('boot', 8) };
  });
}

function writeExtensions(extensions: readonly Extension[]): void {
  checkCount('extensions', extensions.length, LIMITS.extensions);
  for (const { type, bytes } of extensions) {
    if (!(Number.isInteger(type) && type >= 1 && type <= 255)) {
      throw argumentError('type of an extension', type, 'an integer from 1 to 255');
    }
    checkCount('bytes of an extension', bytes.length, LIMITS.extensionBytes);
    writer.u8(type);
    writer.u16(bytes.length);
    writer.raw(bytes);
  }
}

function readExtensions(reader: Reader): Extension[] {
  const extensions: Extension[] = [];
  while (reader.left > 0) {
    const type = reader.u8('type of an extension');
    const length = reader.u16('length of an extension');
    if (type === PADDING) {
      if (reader.left !== length) reader.fail('something follows the padding');
      break;
    }
    if (length > LIMITS.extensionBytes) {
      reader.fail(`an extension has ${length} bytes, at most ${LIMITS.extensionBytes}`);
    }
    if (extensions.length === LIMITS.extensions) {
      reader.fail(`more than ${LIMITS.extensions} extensions`);
    }
    extensions.push({ type, bytes: reader.raw('an extension', length) });
  }
  return extensions;
}

/** Up to `length`; the least padding is the head of an extension. */
function pad(length: number): void {
  const missing = length - writer.length;
  if (missing <= 0) return;
  const zeros = Math.max(0, missing - EXTENSION_HEAD_BYTES);
  writer.u8(PADDING);
  writer.u16(zeros);
  writer.zeros(zeros);
}

function checkCount(name: string, count: number, max: number): void {
  if (count > max) throw argumentError(name, count, `at most ${max}`);
}
