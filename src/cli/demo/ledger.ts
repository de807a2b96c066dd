/**
 * The ledger of the demo, part of one service: it grants a lease to one at a time, and writes only
 * under the highest fencing token that it has seen.
 */
import { type Express, json } from 'express';
import { z } from 'zod';
import { fencing, fencingErrors } from '../../apply/fencing.ts';
import { TokenIssuer } from '../../lease/token-issuer.ts';
import { singleProcessFencingStore } from '../../leasing/single-process-store.ts';
import type { LeaseSight } from './messages.ts';

export const LEASE_TTL_MS = 2000;

const renewal = z.object({ token: z.string().optional() });

export function addLedger(app: Express, tell: (sight: LeaseSight) => void): void {
  const issuer = new TokenIssuer(LEASE_TTL_MS);
  const sight = (type: 'refused' | 'stale-write', token: bigint): void => {
    tell({ type, token: token.toString() });
  };
  const fence = fencing({
    resource: 'ledger',
    store: singleProcessFencingStore(),
    onRejected: ({ token }) => sight('refused', token),
  });
  let newest = 0n;
  app.post('/lease', json(), (request, response) => {
    const { token } = renewal.parse(request.body ?? {});
    const nowMs = performance.now();
    const lease = token === undefined ? issuer.grant(nowMs) : issuer.renew(BigInt(token), nowMs);
    if (lease) response.json({ token: lease.token.toString() });
    else response.status(409).end();
  });
  app.delete('/lease', json(), (request, response) => {
    const { token } = renewal.parse(request.body ?? {});
    if (token !== undefined) issuer.release(BigInt(token));
    response.status(204).end();
  });
  app.put('/ledger', fence, async (request, response) => {
    await fence.guard(request, () => {
      const { token } = fence.of(request);
      if (token < newest) sight('stale-write', token);
      newest = token;
    });
    response.status(204).end();
  });
  app.use(fencingErrors());
}
