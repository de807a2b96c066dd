/** Messages for tests: whatever does not matter is filled in. */
import { type Message, NO_NONCE } from '../../src/membership/message.ts';

export function aMessage(parts: Partial<Message> = {}): Message {
  return {
    ...{ kind: 'question', from: 'b', to: '0'.repeat(16), bootId: 'b'.repeat(16), seq: 1 },
    ...{ nonce: 'f'.repeat(16), echo: NO_NONCE, sentAtMs: 0, sentAtWallMs: 0, pausedMs: 0 },
    ...{ progress: 0, digest: 0, opinions: [], asks: [], extensions: [] },
    ...parts,
  };
}
