/** What happened in a simulation, in order, and one number that stands for all of it. */
import type { Message } from '../membership/message.ts';
import { hash32, mix32 } from '../membership/names.ts';
import type { MembershipEvent } from '../membership/types.ts';
import type { Fault, FaultLinks } from './faults.ts';

export type LogEntry = { readonly atMs: number } & (
  | { readonly kind: 'event'; readonly node: string; readonly event: MembershipEvent }
  | { readonly kind: 'fault'; readonly fault: Fault; readonly ended: boolean }
  | { readonly kind: 'life'; readonly node: string; readonly up: boolean; readonly bootId: string }
);

/** Too many to keep, and no change of what is held. */
const NOT_KEPT: readonly MembershipEvent['type'][] = ['evidence', 'refused-message'];

/** More than any history that somebody reads. */
const ENTRIES_MAX = 200_000;

export class EventLog {
  readonly #entries: LogEntry[] = [];
  #hash = 0;

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Equal for equal histories, every message included. */
  get hash(): number {
    return this.#hash;
  }

  add(entry: LogEntry): void {
    this.#mix(hash32(JSON.stringify(entry)));
    if (entry.kind === 'event' && NOT_KEPT.includes(entry.event.type)) return;
    if (this.#entries.length < ENTRIES_MAX) this.#entries.push(entry);
  }

  delivered(atMs: number, from: number, to: number, message: Message): void {
    this.#mix(Math.floor(atMs * 1000));
    this.#mix(from * 65_537 + to);
    this.#mix(message.seq + message.opinions.length * 4099);
  }

  /** The last entries that tell of these nodes, one a line. */
  story(nodes: readonly { readonly index: number; readonly name: string }[], last = 40): string {
    const about = this.#entries.filter(
      (entry) => !isChatter(entry) && nodes.some((node) => concerns(entry, node)),
    );
    return about.slice(-last).map(describe).join('\n');
  }

  #mix(value: number): void {
    this.#hash = mix32(Math.imul(this.#hash, 31) ^ value);
  }
}

/** A late answer and its end: there are too many of them to tell anything. */
function isChatter(entry: LogEntry): boolean {
  if (entry.kind !== 'event' || entry.event.type !== 'state') return false;
  const { from, to } = entry.event;
  return (from === 'slow' && to === 'alive') || (from === 'alive' && to === 'slow');
}

function concerns(entry: LogEntry, node: { index: number; name: string }): boolean {
  if (entry.kind === 'life') return entry.node === node.name;
  if (entry.kind === 'event') {
    return entry.node === node.name || ('peer' in entry.event && entry.event.peer === node.name);
  }
  const { fault } = entry;
  if ('node' in fault) return fault.node === node.index;
  return fault.links.from.includes(node.index) || fault.links.to.includes(node.index);
}

export function describe(entry: LogEntry): string {
  const at = `${(entry.atMs / 1000).toFixed(3).padStart(9)} s  `;
  if (entry.kind === 'life') {
    return `${at}${entry.node} ${entry.up ? 'starts' : 'ends'} (boot ${entry.bootId.slice(0, 8)})`;
  }
  if (entry.kind === 'event') return `${at}${entry.node}: ${eventText(entry.event)}`;
  return `${at}${entry.ended ? 'end of ' : ''}${faultText(entry.fault)}`;
}

function eventText(event: MembershipEvent): string {
  if (event.type !== 'state') return rest(event);
  const { peer, from, to, because, phi, votes } = event;
  const by = votes ? ` [${votes.suspect.join(' ')}] of ${votes.assigned}` : '';
  const doubt = phi === undefined ? '' : ` phi ${phi.toFixed(1)}`;
  return `${peer} ${from} -> ${to}, ${because}${doubt}${by}`;
}

function rest(value: object): string {
  return Object.entries(value)
    .filter(([key]) => key !== 'atMs')
    .map(([key, part]) => `${key} ${typeof part === 'string' ? part : JSON.stringify(part)}`)
    .join(' ');
}

function faultText(fault: Fault): string {
  if (!('links' in fault)) return rest(fault);
  const { links, ...others } = fault;
  return `${rest(others)}: ${linksText(links)}`;
}

function linksText({ from, to, direction }: FaultLinks): string {
  return `${from.join(' ')} ${direction === 'both' ? '<->' : '->'} ${to.join(' ')}`;
}
