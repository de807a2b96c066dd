import { expect, it } from 'vitest';
import { childMessageSchema } from '../../../src/cli/demo/messages.ts';

it.each([
  ['state', { kind: 'sight', sight: { type: 'state', peer: 'a:1', to: 'dead', because: 'gone' } }],
  ['evidence', { kind: 'sight', sight: { type: 'evidence', peer: 'a', evidence: { kind: 'x' } } }],
  ['lease', { kind: 'lease', sight: { type: 'acquired', token: '1' } }],
])('what a child tells of %s comes without its own time, which may be wrong', (_, message) => {
  const told = { ...message, sight: { ...message.sight, atWallMs: 1_772_366_400_000 } };
  expect(childMessageSchema.parse(told)).toEqual(message);
});
