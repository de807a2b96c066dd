/**
 * Fencing tokens: what a resource accepts.
 *
 * Problem: who lost its lease in a pause does not know it yet, and its write is on its way. The
 * lease cannot stop it.
 * Idea: each lease comes with a number that is higher than all before, each write with the number
 * of its lease, and the resource refuses a number lower than the highest it has seen. Several
 * writes under one lease have the same number: equal is accepted.
 * Source: Kleppmann, Designing Data-Intensive Applications, ch. 8, "Fencing tokens".
 */

/** The highest token: an unsigned number of 64 bits, as etcd and ZooKeeper count. */
export const TOKEN_MAX = 2n ** 64n - 1n;

const TOKEN = /^(?:0|[1-9]\d{0,19})$/;
const DIGITS = 20;

export type TokenVerdict = 'accepted' | 'stale';

/** `seen`: the highest token so far; undefined before the first. */
export function judgeToken(seen: bigint | undefined, token: bigint): TokenVerdict {
  return seen === undefined || token >= seen ? 'accepted' : 'stale';
}

/** Whether it fits: 0 to 2^64 − 1. */
export function isToken(value: bigint): boolean {
  return value >= 0n && value <= TOKEN_MAX;
}

/** The token of a header: decimal, no sign, no leading zeros, at most 2^64 − 1; else undefined. */
export function parseToken(text: string): bigint | undefined {
  if (!TOKEN.test(text)) return undefined;
  const token = BigInt(text);
  return isToken(token) ? token : undefined;
}

/** The token in 20 digits, so that texts are ordered as numbers are. */
export function sortableToken(token: bigint): string {
  return token.toString().padStart(DIGITS, '0');
}
