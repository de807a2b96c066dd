/** `tardy notify`: a supervisor knows that a node is down, and tells the others. */
import { discoverPeers } from '../../collectors/heartbeat/discovery.ts';
import type { Address } from '../../collectors/heartbeat/transport.ts';
import { notifyDown, type Notified } from '../liveness/notify.ts';
import { Diagnostics } from '../telemetry/diagnostics.ts';
import { type Context, defineCommand, type Values } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { suggestion, usageError } from './parse.ts';
import { printable } from './text.ts';

const options = {
  down: { type: 'text', value: 'NODE', help: 'the node that is down, as the peers list it' },
  to: {
    type: 'text',
    value: 'PEERS',
    defaultText: 'TARDY_PEERS',
    help: 'who is to be told, as in TARDY_PEERS: http://host:port,…',
  },
} as const;

export const notify = defineCommand({
  name: 'notify',
  summary: 'tell the other nodes that one is down',
  usage: '--down NODE [--to PEERS]',
  examples: [
    {
      line: 'tardy notify --down 10.0.0.7:3000',
      does: 'tells every node of TARDY_PEERS, with TARDY_SECRET',
    },
    {
      line: 'ExecStopPost=/usr/bin/npx tardy notify --down 10.0.0.7:3000',
      does: 'in a systemd unit: that it ended is known at once, however it did',
    },
  ],
  options,
  notes: [
    'Each node that is told suspects the one that is down until it is heard again, so a wrong ' +
      'notice does no lasting harm. TARDY_SECRET must be that of the nodes: without one nobody ' +
      'is believed about others. In a container, tell when the process has ended, not in a ' +
      'preStop hook: it still answers then.',
  ],
  run: runNotify,
});

async function runNotify(values: Values<typeof options>, context: Context): Promise<ExitCode> {
  const { env, signal } = context;
  if (values.down === undefined) throw usageError('--down NODE is missing: who is down?');
  const list = values.to ?? env.TARDY_PEERS ?? '';
  const entries = list.split(',').map((entry) => entry.trim());
  const peers = await addressesOf(entries.filter((entry) => entry !== ''));
  const to = peers.filter(({ name }) => name !== values.down);
  if (to.length === 0) {
    throw usageError('nobody to tell: give --to http://host:port,… or set TARDY_PEERS');
  }
  const secret = env.TARDY_SECRET;
  if (secret === undefined || secret === '') {
    throw usageError('TARDY_SECRET is not set: without that of the nodes nobody believes us');
  }
  if (!peers.some(({ name }) => name === values.down)) {
    const like = suggestion(values.down, [...new Set(peers.map(({ name }) => name))]);
    context.err(`note: only nodes that list ${printable(values.down)} believe it${like}\n`);
  }
  const told = await notifyDown({ down: values.down, to, secret, signal });
  for (const each of told) context.err(`${lineOf(each, context)}\n`);
  return told.some(({ problem }) => problem === undefined) ? EXIT.ok : EXIT.unreachable;
}

function lineOf({ peer, problem }: Notified, { look }: Context): string {
  const name = printable(peer.name);
  if (problem === undefined) return `${look.paint('good', '✓ told')} ${name}`;
  return `${look.paint('doubt', '✗ not told')} ${name}: ${printable(problem)}`;
}

/** As the nodes themselves read the list, names in the DNS too. */
async function addressesOf(peers: readonly string[]): Promise<readonly Address[]> {
  const diagnostics = new Diagnostics();
  const discovery = discoverPeers({ peers, diagnostics, onPeers: () => undefined });
  await discovery.refresh();
  discovery.stop();
  return discovery.peers;
}
