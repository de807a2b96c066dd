import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenIssuer } from '../../src/lease/token-issuer.ts';
import { runs } from '../support/properties.ts';

const TTL_MS = 100;
interface Step {
  readonly afterMs: number;
  readonly act: 'ask' | 'renew' | 'release';
}
const anySteps = fc.array(
  fc.record<Step>({
    afterMs: fc.integer({ min: 0, max: 150 }),
    act: fc.constantFrom('ask' as const, 'ask' as const, 'renew' as const, 'release' as const),
  }),
  { maxLength: 100 },
);

/** What clients got who come and go, and whether the lease was free by the definition. */
function play(steps: readonly Step[]) {
  const issuer = new TokenIssuer(TTL_MS);
  const asked: { token: bigint | undefined; wasFree: boolean }[] = [];
  let nowMs = 0;
  let holder: { token: bigint; untilMs: number } | undefined;
  for (const { afterMs, act } of steps) {
    nowMs += afterMs;
    const wasFree = !holder || nowMs >= holder.untilMs;
    if (act === 'ask') {
      const token = issuer.grant(nowMs)?.token;
      asked.push({ token, wasFree });
      if (token !== undefined) holder = { token, untilMs: nowMs + TTL_MS };
    } else if (holder && act === 'renew') {
      const renewed = issuer.renew(holder.token, nowMs);
      expect(renewed === undefined).toBe(wasFree);
      if (renewed) holder = { token: renewed.token, untilMs: nowMs + TTL_MS };
    } else if (holder) {
      issuer.release(holder.token);
      holder = undefined;
    }
  }
  return asked;
}

describe('fencing tokens', () => {
  it('are unique: no two requests get the same', () =>
    fc.assert(
      fc.property(anySteps, (steps) => {
        const tokens = play(steps).flatMap(({ token }) => token ?? []);
        expect(new Set(tokens).size).toBe(tokens.length);
      }),
      runs(300),
    ));

  it('are a monotonic sequence: a later one is higher', () =>
    fc.assert(
      fc.property(anySteps, (steps) => {
        const tokens = play(steps).flatMap(({ token }) => token ?? []);
        expect(tokens.every((token, i) => i === 0 || token > tokens[i - 1]!)).toBe(true);
      }),
      runs(300),
    ));

  it('are available: who asks while nobody holds the lease gets one, and nobody else does', () =>
    fc.assert(
      fc.property(anySteps, (steps) => {
        for (const { token, wasFree } of play(steps)) expect(token !== undefined).toBe(wasFree);
      }),
      runs(300),
    ));
});
