/** What the children of the demo share: they live as long as their parent, and serve on a port. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import type { Tardy } from '../../tardy.ts';
import { type ChildMessage, HOST, parentMessageSchema } from './messages.ts';

/** Longer than any client keeps an idle connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000;

/** Runs a child program with its argument; what it throws is told to the parent. */
export function runChild<T>(schema: z.ZodType<T>, program: (argument: T) => Promise<void>): void {
  liveAsLongAsParent();
  const argument = schema.parse(JSON.parse(process.argv[2] ?? 'null'));
  program(argument).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    tell({ kind: 'failed', message }, () => process.exit(1));
  });
}

/** Says it to the parent; to nobody if it was started by hand. */
export function tell(message: ChildMessage, told: () => void = () => undefined): void {
  if (process.send) process.send(message, undefined, undefined, told);
  else told();
}

/** Whatever happens to peers is told to the parent, who puts together what everyone saw. */
export function tellSights({ events }: Tardy): void {
  events.on((event) => {
    if (event.type === 'state' || event.type === 'evidence') tell({ kind: 'sight', sight: event });
  });
}

/** Serves on a port of this machine only; 0 is a free one. Gives the port. */
export async function serve(app: RequestListener, port: number): Promise<number> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** What to say to a user whose port it is. */
export function whyNotServed(port: number, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const what = code === 'EADDRINUSE' ? 'somebody listens there already' : message;
  return `cannot serve on port ${port}: ${what}; give another with --port, or 0 for a free one`;
}

/**
 * Ctrl-C in a terminal reaches every process; the parent decides what it means. Who stands still
 * does not notice that the parent is gone: somebody else wakes it.
 */
function liveAsLongAsParent(): void {
  process.on('SIGINT', () => undefined);
  let asleep: number | undefined;
  process.on('message', (raw) => {
    asleep = parentMessageSchema.safeParse(raw).data?.asleep;
  });
  process.on('disconnect', () => {
    if (asleep !== undefined) wake(asleep);
    process.exit();
  });
  if (process.send && !process.connected) process.exit();
}

function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It is gone already, which is all that was wanted.
  }
}
