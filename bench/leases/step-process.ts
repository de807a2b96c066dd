/** Holds one lease by two rules, while somebody sets the wall clock. */
import { createLeaseGuard } from '../../src/leasing/lease-guard.ts';

const TTL_MS = 300;
const SET_AT_MS = 100;
const LOOK_MS = 5;
const END_MS = 1000;

const guard = createLeaseGuard({ resource: 'step', ttlMs: TTL_MS });
const startMs = performance.now();
const expiration = Date.now() + TTL_MS; // how redlock judges
guard.acquired({ sentAtMs: guard.nowMs() });
let isAsked = false;
let guardMs = 0;
let wallMs = 0;

const timer = setInterval(() => {
  const ageMs = performance.now() - startMs;
  if (guard.isHeld()) guardMs = ageMs;
  if (Date.now() < expiration) wallMs = ageMs;
  if (ageMs >= SET_AT_MS && !isAsked) {
    isAsked = true;
    process.stdout.write('set\n');
  }
  if (ageMs < END_MS) return;
  clearInterval(timer);
  process.stdout.write(`${JSON.stringify({ guardMs, wallMs })}\n`);
}, LOOK_MS);
