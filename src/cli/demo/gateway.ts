/**
 * The gateway of the demo: runs under `--import tardy/register`, calls the services all the time,
 * and mounts the API. Nothing but the mount is about Tardy, and that what it
 * sees is told to the demo.
 */
import express from 'express';
import { router } from '../../express.ts';
import { createTardy } from '../../tardy.ts';
import { runChild, serve, tell, tellSights, whyNotServed } from './child.ts';
import { adaptiveClient, loadClients } from './clients.ts';
import { startLoad } from './load.ts';
import { type GatewayArgument, gatewayArgumentSchema, HOST } from './messages.ts';
import { serviceNamed } from './services.ts';

runChild(gatewayArgumentSchema, startGateway);

async function startGateway({ port: wanted, targets }: GatewayArgument): Promise<void> {
  const app = express();
  tellSights(createTardy());
  app.use('/tardy', router({ metrics: true }));
  app.get('/', (_request, response) => {
    response.json({ see: ['/tardy/timeouts', '/tardy/peers', '/tardy/metrics'] });
  });
  const { clients, missing } = await loadClients();
  const port = await serve(app, wanted).catch((error: unknown) => {
    throw new Error(whyNotServed(wanted, error));
  });
  startLoad(
    targets.map(({ name, port: at }) => ({
      service: serviceNamed(name),
      origin: `http://${HOST}:${at}`,
    })),
    clients,
    adaptiveClient,
  );
  tell({ kind: 'ready', port, clients: clients.map(({ name }) => name), missing: [...missing] });
}
