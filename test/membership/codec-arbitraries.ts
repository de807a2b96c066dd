/** What fast-check draws for messages. */
import fc from 'fast-check';
import { LIMITS, type Message, NO_NONCE, type Opinion } from '../../src/membership/message.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const hex = (digits: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
    .map((list) => list.map((digit) => digit.toString(16)).join(''));
const timeMs = fc.double({ min: 0, max: 1e15, noNaN: true }).map((ms) => ms + 0);

const anyName = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .filter((name) => new TextEncoder().encode(name).length <= LIMITS.nameBytes)
  .filter((name) => !/[\p{Cc}\uFFFD]/u.test(name));

const anyOpinion: fc.Arbitrary<Opinion> = fc.record({
  about: hex(16),
  vote: fc.constantFrom('alive', 'suspect', 'stalled', 'left'),
  heardAgoMs: fc.option(fc.integer({ min: 0, max: 0xffff_fffe }), { nil: undefined }),
  boot: hex(8),
});

const anyExtension = fc.record({
  type: fc.integer({ min: 1, max: 255 }),
  bytes: fc.uint8Array({ maxLength: LIMITS.extensionBytes }),
});

const ofOneKind = fc.oneof(
  fc.record({ kind: fc.constant('question' as const) }),
  fc.record({ kind: fc.constant('answer' as const), receivedAtMs: timeMs }),
  fc.record({
    kind: fc.constant('notice' as const),
    reason: fc.constantFrom('goodbye' as const, 'crash' as const),
  }),
  fc.record({
    kind: fc.constant('notice' as const),
    reason: fc.constantFrom('goodbye' as const, 'crash' as const, 'down' as const),
    about: hex(16).filter((hash) => hash !== NO_NONCE),
  }),
);

const common = fc.record({
  from: anyName,
  to: hex(16),
  bootId: hex(16),
  seq: fc.integer({ min: 1, max: 0xffff_ffff }),
  nonce: hex(16),
  echo: hex(16),
  sentAtMs: timeMs,
  sentAtWallMs: timeMs,
  pausedMs: u32.map((units) => units / 10),
  progress: u32,
  digest: u32,
  opinions: fc.array(anyOpinion, { maxLength: LIMITS.opinions, size: 'small' }),
  asks: fc.array(hex(16), { maxLength: LIMITS.asks }),
  extensions: fc.array(anyExtension, { maxLength: LIMITS.extensions, size: 'small' }),
});

export const anyMessage: fc.Arbitrary<Message> = fc
  .tuple(common, ofOneKind)
  .map(([rest, kind]) => ({ ...rest, ...kind }));

export const anyQuestion: fc.Arbitrary<Message> = common.map((rest) => ({
  ...rest,
  kind: 'question',
}));
