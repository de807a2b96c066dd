/** `tardy advise`: what to set as a timeout, from a running node or its state file. */
import { show } from '../errors.ts';
import type { TimeoutEntry, TimeoutsReport } from '../report.ts';
import { type Context, defineCommand, type Values } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { basisTone, bracketed, count, explanation, milliseconds, range } from './format.ts';
import type { Environment } from './io.ts';
import { DEFAULT_URL, nodeReport } from './node-report.ts';
import { suggestion, usageError } from './parse.ts';
import { stateReport } from './state-report.ts';
import { type Column, renderTable } from './table.ts';
import { compare, printable } from './text.ts';

const options = {
  url: {
    type: 'text',
    value: 'URL',
    defaultText: `TARDY_URL, or ${DEFAULT_URL}`,
    help: 'where a running node mounts router()',
  },
  state: {
    type: 'text',
    value: 'FILE',
    help: 'read a state file instead (TARDY_STATE_FILE of a node), as of when it was written',
  },
  peer: { type: 'text', value: 'HOST:PORT', help: 'only this peer' },
  route: { type: 'text', value: 'ROUTE', help: 'only this route, such as "GET /users/:id"' },
  verbose: { type: 'flag', short: 'v', help: 'the reason and the warnings under each row' },
  json: { type: 'flag', help: 'the report as JSON, as GET /timeouts gives it; durations in ms' },
} as const;

type AdviseValues = Values<typeof options>;

export const advise = defineCommand({
  name: 'advise',
  summary: 'what to set as a timeout, for each peer and route',
  usage: '[--url URL | --state FILE] [--peer HOST:PORT] [--route ROUTE] [-v] [--json]',
  examples: [
    { line: 'tardy advise', does: `every peer and route that the node on ${DEFAULT_URL} knows` },
    {
      line: 'tardy advise --url http://10.0.0.7:8080/tardy --peer db:5432 -v',
      does: 'one peer, with the reasons',
    },
    {
      line: 'tardy advise --state /var/lib/app/tardy.state --json',
      does: 'from the state file of a node that need not run',
    },
  ],
  options,
  notes: [
    'Columns: n replies in the window; the timeout, and the range in which it lies at 95 % ' +
      'confidence; what it rests on: measured, censored (requests were cut off), extrapolated ' +
      '(too few replies for the quantile), pooled (of several routes), insufficient. Blank is ' +
      'no data.',
  ],
  run: runAdvise,
});

async function runAdvise(values: AdviseValues, context: Context): Promise<ExitCode> {
  const report = await findReport(values, context);
  const timeouts = report.timeouts
    .filter(({ peer }) => values.peer === undefined || peer === values.peer)
    .filter(({ route }) => values.route === undefined || route === values.route)
    .sort((a, b) => compare(a.peer, b.peer) || compare(a.route, b.route));
  if (values.json) context.out(`${JSON.stringify({ ...report, timeouts }, null, 2)}\n`);
  else context.err(`from ${printable(report.node)}, ${report.generatedAt}\n`);
  if (timeouts.length === 0) {
    context.err(`tardy advise: ${printable(whyNothing(report, values))}\n`);
    return EXIT.finding;
  }
  if (!values.json) context.out(adviceTable(timeouts, values.verbose, context));
  return EXIT.ok;
}

async function findReport({ url, state }: AdviseValues, context: Context): Promise<TimeoutsReport> {
  const { env, signal } = context;
  if (state === undefined) return nodeReport(url ?? urlIn(env), signal);
  if (url !== undefined) throw usageError('--url and --state exclude each other; give one');
  return stateReport(state, env);
}

/** A variable that is set to nothing counts as absent. */
function urlIn({ TARDY_URL }: Environment): string {
  return TARDY_URL === undefined || TARDY_URL === '' ? DEFAULT_URL : TARDY_URL;
}

export function adviceTable(
  rows: readonly TimeoutEntry[],
  verbose: boolean,
  { terminal, look }: Pick<Context, 'terminal' | 'look'>,
): string {
  const width = terminal()?.columns ?? Infinity;
  const under = ({ advice }: TimeoutEntry) => (verbose ? explanation(advice, width) : []);
  return `${renderTable({ columns: COLUMNS, rows, width, paint: look.paint, under }).join('\n')}\n`;
}

const COLUMNS: readonly Column<TimeoutEntry>[] = [
  { title: 'PEER', cell: ({ peer }) => peer, cut: 'start' },
  { title: 'ROUTE', cell: ({ route }) => route, cut: 'end' },
  { title: 'N', cell: ({ advice }) => count(advice.n), align: 'right', dropOrder: 4 },
  { title: 'P50', cell: ({ p50Ms }) => milliseconds(p50Ms), align: 'right', dropOrder: 3 },
  { title: 'P99', cell: ({ p99Ms }) => milliseconds(p99Ms), align: 'right', dropOrder: 2 },
  {
    title: 'TIMEOUT',
    cell: ({ advice }) => milliseconds(advice.timeoutMs),
    align: 'right',
    tone: () => 'strong',
  },
  {
    title: '(LOWER..UPPER)',
    cell: ({ advice }) => bracketed(range(advice)),
    dropOrder: 5,
  },
  {
    title: 'BASIS',
    cell: ({ advice }) => advice.basis,
    dropOrder: 1,
    tone: ({ advice }) => basisTone(advice),
  },
];

function whyNothing({ timeouts }: TimeoutsReport, { peer, route }: AdviseValues): string {
  if (timeouts.length === 0) {
    return 'nothing is known: no outgoing request was measured in the window';
  }
  const peers = [...new Set(timeouts.map((entry) => entry.peer))];
  if (peer !== undefined && !peers.includes(peer)) {
    return `peer ${show(peer)} is not known${suggestion(peer, peers)}`;
  }
  const ofPeer = timeouts.filter((entry) => peer === undefined || entry.peer === peer);
  const routes = [...new Set(ofPeer.map((entry) => entry.route))];
  return `route ${show(route)} is not known${suggestion(route ?? '', routes)}`;
}
