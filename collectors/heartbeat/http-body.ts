/** The body of a message, in one piece and bounded. */
import type { IncomingMessage } from 'node:http';

/**
 * Calls back once: with the bytes, or with undefined as soon as there are more than `maxBytes`. A
 * message that breaks off calls back never.
 */
export function readBody(
  message: IncomingMessage,
  maxBytes: number,
  onBody: (bytes: Uint8Array | undefined) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    chunks.push(chunk);
    if (length <= maxBytes) return;
    finish(undefined);
    message.resume(); // or its connection would wait for somebody to read it
  };
  const onEnd = (): void => finish(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  const finish = (bytes: Uint8Array | undefined): void => {
    message.off('data', onData).off('end', onEnd);
    onBody(bytes);
  };
  message.on('data', onData).on('end', onEnd);
}
