/**
 * A process that watches a peer and stands still when it is told: the real Liveness, and beside it
 * a naive detector, an interval that looks at the age of the last heartbeat.
 */
import { createSocket } from 'node:dgram';
import { SUSPECT_PHI } from '../../../src/detector/phi-accrual.ts';
import { BenchNode, type LiveEvent } from './bench-node.ts';
import {
  NAIVE_INTERVALS,
  type StallJob,
  type StallOrder,
  type StallReport,
} from './stall-types.ts';

const HOST = '127.0.0.1';
const PEER = 'p';
/** Looks at phi after a stall so often, in ms. */
const LOOK_MS = 1;
const LOOK_AT_MOST_MS = 20_000;
/** Old garbage stays for a while, so that collecting it is work. */
const KEPT = 200;

process.on('disconnect', () => process.exit(9)); // who started us is gone
const job = JSON.parse(process.argv[2] ?? '{}') as StallJob;
const node = new BenchNode({ ...job, onEvent });
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const loop = createSocket('udp4');
const naive = createSocket('udp4');
let isSuspecting = false;
let heardAtMs = performance.now();
let onLoop: (() => void) | undefined;

function tell(report: StallReport): void {
  process.send?.(report);
}

function wallMs(atMs = performance.now()): number {
  return performance.timeOrigin + atMs;
}

function onEvent(event: LiveEvent): void {
  if (event.type === 'suspicion') tell({ kind: 'suspicion', atMs: wallMs(event.atMs) });
  if (event.type === 'state') tell({ kind: 'state', to: event.to });
}

/** The naive one: no idea of its own pauses, and timers come before sockets. */
function lookNaively(): void {
  const isSilent = performance.now() - heardAtMs > NAIVE_INTERVALS * job.heartbeatMs;
  if (isSilent && !isSuspecting) tell({ kind: 'naive', atMs: wallMs() });
  isSuspecting = isSilent;
}

function standStill(forMs: number, isGarbage: boolean): void {
  const fromMs = performance.now();
  if (isGarbage) makeGarbage(fromMs + forMs);
  else Atomics.wait(never, 0, 0, forMs); // the processor is free for the others
  tell({ kind: 'stalled', fromMs: wallMs(fromMs), toMs: wallMs() });
}

/** Allocates without end: the collector has to move and to sweep what is kept. */
function makeGarbage(untilMs: number): void {
  const kept: object[][] = [];
  for (let i = 0; performance.now() < untilMs; i++) {
    kept[i % KEPT] = Array.from({ length: 1000 }, (_, n) => ({ n, text: `${i} ${n}` }));
  }
}

/**
 * When phi says that the peer is to be suspected: its deadline, whatever is made of it. A pause
 * that is not over yet is in phi until it is subtracted: what counts is when phi rose for good.
 */
function lookForDeadline(): void {
  const untilMs = performance.now() + LOOK_AT_MOST_MS;
  let roseAtMs: number | undefined;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const view = node.liveness.peers().find(({ peer }) => peer === PEER);
    if ((view?.phi ?? 0) >= SUSPECT_PHI) roseAtMs ??= nowMs;
    else roseAtMs = undefined;
    if (view?.vote !== 'suspect' && nowMs < untilMs) return;
    clearInterval(timer);
    tell({ kind: 'deadline', atMs: wallMs(roseAtMs) });
  }, LOOK_MS);
}

function obey({ stall, forMs, isPeerToDie }: StallOrder): void {
  const act = (): void => {
    standStill(forMs, stall === 'gc');
    if (isPeerToDie) lookForDeadline();
  };
  if (stall === 'immediate' || stall === 'gc') setImmediate(act);
  else if (stall === 'io') {
    onLoop = act;
    loop.send('now', loop.address().port, HOST);
  } else setTimeout(act, 5);
}

loop.on('message', () => onLoop?.()).bind(0, HOST);
naive.on('message', () => (heardAtMs = performance.now())).bind(job.naivePort, HOST);
setInterval(lookNaively, job.heartbeatMs / 2);
process.on('message', obey);
process.send?.('ready');
