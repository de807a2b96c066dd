/** Writes the fields of a message into one buffer, big-endian, and refuses what does not fit. */
import { argumentError } from '../errors.ts';

const U32_MAX = 0xffff_ffff;
/** About 31,000 years: no clock says more, and f64 still tells 0.2 ms apart there. */
export const TIME_MAX_MS = 1e15;

const utf8 = new TextEncoder();

/** Bytes of a text in UTF-8, without making them. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // The halves of a pair take two bytes each; half of one alone is replaced by three.
    if (unit >= 0x80) length += unit < 0x800 || isPaired(text, i) ? 1 : 2;
  }
  return length;
}

function isPaired(text: string, i: number): boolean {
  const isHalf = (unit: number, from: number) => unit >= from && unit < from + 0x400;
  const unit = text.charCodeAt(i);
  if (isHalf(unit, 0xd800)) return isHalf(text.charCodeAt(i + 1), 0xdc00);
  return isHalf(unit, 0xdc00) && isHalf(text.charCodeAt(i - 1), 0xd800);
}

export class Writer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#at;
  }

  reset(): void {
    this.#at = 0;
  }

  /** A copy of what was written. */
  taken(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  u8(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  u16(value: number): void {
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  u32(name: string, value: number): void {
    if (!(Number.isInteger(value) && value >= 0 && value <= U32_MAX)) {
      throw argumentError(name, value, 'an integer from 0 to 4294967295');
    }
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  /** Rounded, and no more than `max`. */
  saturating(name: string, value: number, max: number): void {
    if (!(value >= 0)) throw argumentError(name, value, '>= 0');
    this.#view.setUint32(this.#at, Math.min(max, Math.round(value)));
    this.#at += 4;
  }

  timeMs(name: string, value: number): void {
    if (!(value >= 0 && value <= TIME_MAX_MS)) {
      throw argumentError(name, value, `a time from 0 to ${TIME_MAX_MS} ms`);
    }
    this.#view.setFloat64(this.#at, value + 0); // + 0: there is no time -0
    this.#at += 8;
  }

  /** `digits` hex digits in lower case. */
  hex(name: string, value: string, digits: 8 | 16): void {
    if (value.length !== digits) throw notHex(name, value, digits);
    for (let i = 0; i < digits; i += 2) {
      const byte = (hexDigit(value.charCodeAt(i)) << 4) | hexDigit(value.charCodeAt(i + 1));
      if (byte < 0) throw notHex(name, value, digits);
      this.#bytes[this.#at++] = byte;
    }
  }

  /** One byte of length, then UTF-8. */
  text(name: string, value: string, maxBytes: number): void {
    const room = this.#bytes.subarray(this.#at + 1, this.#at + 1 + maxBytes);
    const { read, written } = utf8.encodeInto(value, room);
    if (read < value.length || !isPlainText(value)) {
      const wanted = `at most ${maxBytes} bytes of UTF-8 without control characters`;
      throw argumentError(name, value, wanted);
    }
    this.#bytes[this.#at] = written;
    this.#at += 1 + written;
  }

  raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  zeros(count: number): void {
    this.#bytes.fill(0, this.#at, this.#at + count);
    this.#at += count;
  }
}

/** Names go into logs and labels: nothing in them may move a cursor or be half a character. */
export function isPlainText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0) || unit === 0xfffd) return false;
  }
  return text.isWellFormed();
}

/** Negative for what is none, in lower case. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -256;
}

function notHex(name: string, value: string, digits: number): Error {
  return argumentError(name, value, `${digits} hex digits in lower case`);
}
