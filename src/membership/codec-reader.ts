/**
 * Reads the fields of a message. The first field that is out of range is kept as `error`, and
 * what is read after that is worth nothing: hostile input costs no exception.
 */
import { isPlainText, TIME_MAX_MS } from './codec-writer.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A byte order mark is a character like any other here: names compare byte by byte. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #error: string | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** What is wrong; undefined while nothing is. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Bytes not read yet; 0 after an error, so that no loop goes on. */
  get left(): number {
    return this.#error === undefined ? this.#bytes.length - this.#at : 0;
  }

  fail(error: string): void {
    this.#error ??= error;
  }

  u8(name: string): number {
    const at = this.#take(name, 1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  u16(name: string): number {
    const at = this.#take(name, 2);
    return at < 0 ? 0 : this.#view.getUint16(at);
  }

  u32(name: string): number {
    const at = this.#take(name, 4);
    return at < 0 ? 0 : this.#view.getUint32(at);
  }

  timeMs(name: string): number {
    const at = this.#take(name, 8);
    if (at < 0) return 0;
    const value = this.#view.getFloat64(at);
    if (value >= 0 && value <= TIME_MAX_MS) return value + 0;
    this.fail(`${name} is ${value}: not a time from 0 to ${TIME_MAX_MS} ms`);
    return 0;
  }

  /** A byte that stands for one of `values`. */
  oneOf<T>(name: string, values: readonly [T, ...T[]]): T {
    const index = this.u8(name);
    if (index >= values.length) this.fail(`${name} is ${index}: unknown`);
    return values[index] ?? values[0];
  }

  /** How many follow. */
  count(name: string, max: number): number {
    const count = this.u8(name);
    if (count > max) this.fail(`${count} ${name}, at most ${max}`);
    return this.#error === undefined ? count : 0;
  }

  hex(name: string, digits: 8 | 16): string {
    const at = this.#take(name, digits / 2);
    let text = '';
    if (at < 0) return text;
    for (let i = at; i < at + digits / 2; i++) text += HEX[this.#bytes[i]!]!;
    return text;
  }

  text(name: string, maxBytes: number): string {
    const length = this.u8(name);
    if (length > maxBytes) this.fail(`${name} has ${length} bytes, at most ${maxBytes}`);
    const at = this.#take(name, length);
    if (at < 0) return '';
    const text = utf8.decode(this.#bytes.subarray(at, at + length));
    // What is no UTF-8 decodes to the replacement character, which no name may hold.
    if (!isPlainText(text)) this.fail(`${name} is no UTF-8 or has control characters`);
    return text;
  }

  /** A copy: what a socket hands out is used again. (`slice` of a Buffer would be none.) */
  raw(name: string, length: number): Uint8Array {
    const at = this.#take(name, length);
    return at < 0 ? new Uint8Array() : new Uint8Array(this.#bytes.subarray(at, at + length));
  }

  /** Where the next `size` bytes begin; −1 if they are not there. */
  #take(name: string, size: number): number {
    if (this.#error !== undefined) return -1;
    const at = this.#at;
    if (at + size > this.#bytes.length) {
      this.fail(`it ends within ${name}: ${this.#bytes.length} bytes`);
      return -1;
    }
    this.#at = at + size;
    return at;
  }
}
