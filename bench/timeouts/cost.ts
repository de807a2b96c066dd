/** What asking, telling, advising and arming cost. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CostJob, Costs } from './cost-process.ts';
import { chosen } from './options.ts';
import { figure, goal, type Goal, type PartResult, type Run, type Table } from './report.ts';
import { RULES } from './rules.ts';
import { TARDY } from './tardy.ts';

const SCRIPT = fileURLToPath(new URL('cost-process.ts', import.meta.url));
const FULL = { calls: 100_000, blocks: 31, retainedOver: 1_000_000 };
const QUICK = { calls: 20_000, blocks: 11, retainedOver: 100_000 };
const TIMEOUT_NS_MAX = 100;
const OBSERVE_NS_MAX = 250;
const ADVICE_US_MAX = 50;
const ARMING_US_MAX = 3;
/** Less than half a byte a call is what the collector left, not what a call keeps. */
const RETAINED_MAX = 0.5;

export async function costPart(run: Run): Promise<PartResult> {
  run.progress('cost, in a process of its own');
  const rules = chosen(RULES, run.only).map(({ name }) => name);
  const job: CostJob = { seed: run.seed, rules, ...(run.quick ? QUICK : FULL) };
  const args = ['--expose-gc', SCRIPT, JSON.stringify(job)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const costs = JSON.parse(stdout) as Costs;
  return { tables: [ruleTable(costs), otherTable(costs)], goals: goalsOf(costs), figures: costs };
}

function ruleTable({ rules }: Costs): Table {
  return {
    title: 'Cost of a rule, ns a call, at 100 requests a second',
    columns: ['rule', 'observe()', 'timeoutMs()'],
    rows: rules.map(({ rule, observeNs, timeoutNs }) => [
      ...[rule, observeNs.toFixed(0), timeoutNs.toFixed(0)],
    ]),
    notes: ['timeoutMs() is asked once a request, so it pays for what new replies change'],
  };
}

function otherTable({ beginAndEndNs, adviceUs, armingUs, retained }: Costs): Table {
  const arming = Object.entries(armingUs).map(([name, us]) => [
    `arm and disarm: ${name}`,
    us,
    'µs',
  ]);
  const kept = Object.entries(retained).map(([name, bytes]) => [
    `kept: ${name}`,
    bytes,
    'B a call',
  ]);
  const rows = [
    ['tardy, begin() and end()', beginAndEndNs, 'ns'],
    ['tardy, advice() after a new reply', adviceUs, 'µs'],
    ...[...arming, ...kept],
  ] as const;
  return {
    title: 'Cost of the rest',
    columns: ['what', 'measured', 'unit'],
    rows: rows.map(([what, value, unit]) => [String(what), figure(Number(value)), String(unit)]),
  };
}

function goalsOf({ rules, adviceUs, armingUs, retained }: Costs): Goal[] {
  const own = rules.find(({ rule }) => rule === TARDY);
  if (!own) return [];
  const arming = armingUs['tardy, its timer'] ?? NaN;
  return [
    goal({ what: 'timeoutMs(), ns', measured: own.timeoutNs, high: TIMEOUT_NS_MAX }),
    goal({ what: 'observe(), ns', measured: own.observeNs, high: OBSERVE_NS_MAX }),
    goal({ what: 'advice(), µs', measured: adviceUs, high: ADVICE_US_MAX }),
    goal({ what: 'arming, µs', measured: arming, high: ARMING_US_MAX }),
    ...Object.entries(retained).map(([name, measured]) =>
      goal({ what: `bytes kept a call, ${name}`, measured, high: RETAINED_MAX }),
    ),
  ];
}
