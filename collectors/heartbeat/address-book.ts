/**
 * Addresses of peers. A name is resolved one at a time, because look-ups share four threads with
 * the host's file system, and again and again, because addresses move; the last good answer is
 * kept while a look-up fails.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import type { Address } from './transport.ts';

/** All addresses of a host name. */
export type Lookup = (hostname: string) => Promise<readonly string[]>;

export interface AddressBookOptions {
  readonly diagnostics: Diagnostics;
  /** Default: the system's, with /etc/hosts. */
  readonly lookup?: Lookup | undefined;
  /** Each name is looked up again after so long, in ms. Default 30,000. */
  readonly refreshMs?: number | undefined;
}

const REFRESH_MS = 30_000;
/** Between two look-ups: 20 a second at most. */
const GAP_MS = 50;

interface Host {
  readonly hostname: string;
  /** Empty until they are known. */
  ips: readonly string[];
  askedAtMs: number;
}

export class AddressBook {
  readonly #diagnostics: Diagnostics;
  readonly #lookup: Lookup;
  readonly #refreshMs: number;
  #hosts = new Map<string, Host>();
  #known = new Set<string>();
  /** `ip port` → name of the peer. */
  #names = new Map<string, string>();
  #peers: readonly Address[] = [];
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #stopped = false;

  constructor({ diagnostics, lookup: find, refreshMs }: AddressBookOptions) {
    this.#diagnostics = diagnostics;
    this.#lookup = find ?? systemLookup;
    this.#refreshMs = refreshMs ?? REFRESH_MS;
  }

  setPeers(peers: readonly Address[]): void {
    const before = this.#hosts;
    this.#peers = peers;
    this.#hosts = new Map();
    for (const { url } of peers) {
      const { hostname } = targetOf(url);
      if (this.#hosts.has(hostname)) continue;
      const ips = isIP(hostname) ? [hostname] : [];
      const host = before.get(hostname) ?? { hostname, ips, askedAtMs: -Infinity };
      this.#hosts.set(hostname, host);
    }
    this.#index();
    this.#askNext();
  }

  /** The first address of a URL's host; undefined while none is known. */
  ipOf(url: string): string | undefined {
    const { hostname } = targetOf(url);
    return isIP(hostname) ? hostname : this.#hosts.get(hostname)?.ips[0];
  }

  /** True for addresses that some peer has. */
  knows(ip: string): boolean {
    return this.#known.has(plainIp(ip));
  }

  /** The peer with exactly this address and port. */
  nameOf(ip: string, port: number): string | undefined {
    return this.#names.get(`${plainIp(ip)} ${port}`);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #index(): void {
    this.#known = new Set([...this.#hosts.values()].flatMap(({ ips }) => ips.map(plainIp)));
    this.#names = new Map();
    for (const { name, url } of this.#peers) {
      const { hostname, port } = targetOf(url);
      for (const ip of this.#hosts.get(hostname)?.ips ?? []) {
        this.#names.set(`${plainIp(ip)} ${port}`, name);
      }
    }
  }

  /** Asks for the name that was asked for longest ago, if that is long enough. */
  #askNext(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#asking) return;
    const names = [...this.#hosts.values()].filter(({ hostname }) => !isIP(hostname));
    const [first, ...rest] = names;
    if (!first) return;
    const oldest = rest.reduce((a, b) => (b.askedAtMs < a.askedAtMs ? b : a), first);
    const waitMs = oldest.askedAtMs + this.#refreshMs - performance.now();
    if (waitMs <= 0) void this.#ask(oldest);
    else this.#askIn(waitMs);
  }

  #askIn(ms: number): void {
    const ask = this.#diagnostics.guard('heartbeat look-up', () => this.#askNext());
    this.#timer = setTimeout(ask, Math.max(GAP_MS, ms)).unref();
  }

  async #ask(host: Host): Promise<void> {
    this.#asking = true;
    host.askedAtMs = performance.now();
    try {
      const ips = await this.#lookup(host.hostname);
      if (ips.length > 0) host.ips = ips;
    } catch (error) {
      this.#diagnostics.failed('heartbeat look-up', error);
    }
    this.#asking = false;
    this.#index();
    if (!this.#stopped) this.#askIn(GAP_MS);
  }
}

/** Host, without the brackets of IPv6, and port of a URL. */
export function targetOf(url: string): { hostname: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  const byDefault = protocol === 'https:' ? 443 : 80;
  return {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? byDefault : Number(port),
  };
}

/** An IPv4 address as such, also where an IPv6 socket shows it. */
export function plainIp(ip: string): string {
  return ip.startsWith('::ffff:') && isIP(ip.slice(7)) === 4 ? ip.slice(7) : ip;
}

async function systemLookup(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}
