/**
 * One service of the demo: an Express application with the two lines of `tardy/express`. Who its
 * peers are stands in TARDY_PEERS.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { instrument, router } from '../../express.ts';
import { runChild, serve, tell, tellSights } from './child.ts';
import { addLedger } from './ledger.ts';
import { holdLease } from './lease-holder.ts';
import { type LeaseSight, type ServiceArgument, serviceArgumentSchema } from './messages.ts';
import { serviceNamed, workMs } from './services.ts';

runChild(serviceArgumentSchema, startService);

async function startService(argument: ServiceArgument): Promise<void> {
  const { name, port, slowAfterMs, keepsLedger, lease } = argument;
  const app = express();
  tellSights(instrument(app));
  app.use('/tardy', router());
  let slowAtMs: number | undefined;
  const work = () => {
    const nowMs = performance.now();
    slowAtMs ??= nowMs + slowAfterMs;
    return workMs(name, { random: Math.random, slowed: nowMs >= slowAtMs });
  };
  for (const { method, path } of serviceNamed(name).routes) {
    app[method === 'GET' ? 'get' : 'post'](path, async (_request, response) => {
      await sleep(work());
      response.json({ from: name });
    });
  }
  const tellLease = (sight: LeaseSight): void => tell({ kind: 'lease', sight });
  if (keepsLedger) addLedger(app, tellLease);
  tell({ kind: 'ready', port: await serve(app, port) });
  if (lease) void holdLease({ ...lease, tell: tellLease });
}
