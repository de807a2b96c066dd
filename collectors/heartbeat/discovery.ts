/**
 * Who the peers are: a list, names in the DNS that are asked again and again, or a function.
 *
 * What cannot be read at the start throws. What goes wrong later keeps the last good answer, and
 * is told to diagnostics: a resolver that fails must not make all peers vanish.
 */
import { Resolver } from 'node:dns/promises';
import { argumentError, TardyError } from '../../src/errors.ts';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { addressAt, type DnsPeers, parsePeer } from './peer-url.ts';
import type { Address } from './transport.ts';

/** `http://host:port`, `name=url`, `dns+a://name:port`, … or the two parts of an address. */
export type PeerEntry = string | Address;

export type PeersFunction = () => readonly PeerEntry[] | Promise<readonly PeerEntry[]>;

/** What is used of `dns.promises.Resolver`. */
export interface DnsResolver {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  resolveSrv(name: string): Promise<{ readonly name: string; readonly port: number }[]>;
}

export interface DiscoveryOptions {
  readonly peers: readonly PeerEntry[] | PeersFunction;
  readonly diagnostics: Diagnostics;
  /** Called when the list is another one than before, in the order of names. */
  readonly onPeers: (peers: readonly Address[]) => void;
  /** Time between two looks at DNS or function, in ms, ± 10 %. Default 10,000. */
  readonly intervalMs?: number | undefined;
  /** Asks the DNS itself, so /etc/hosts and search domains do not apply: give full names. */
  readonly resolver?: DnsResolver | undefined;
  /** From 0 to 1, for the jitter. */
  readonly random?: (() => number) | undefined;
}

export interface Discovery {
  readonly peers: readonly Address[];
  /** Looks now, besides the interval; resolves when the answer is in. */
  refresh(): Promise<void>;
  stop(): void;
}

/** More are cut off: a heartbeat a second to each would be too many anyway. */
export const PEERS_MAX = 10_000;
const INTERVAL_MS = 10_000;
/** So that nodes that started together do not ask together. */
const JITTER = 0.1;
const DNS_TIMEOUT_MS = 2000;
const DNS_TRIES = 2;

/**
 * Begins to look. A list without DNS is there when this returns. Throws ERR_TARDY_CONFIG for an
 * entry of the list that cannot be read, or too many.
 */
export function discoverPeers(options: DiscoveryOptions): Discovery {
  const { intervalMs = INTERVAL_MS } = options;
  if (!(intervalMs > 0 && intervalMs <= 86_400_000)) {
    throw argumentError('intervalMs', intervalMs, 'a number of ms from 0 to a day');
  }
  return new PeerDiscovery(options, intervalMs);
}

class PeerDiscovery implements Discovery {
  peers: readonly Address[] = [];
  readonly #options: DiscoveryOptions;
  readonly #intervalMs: number;
  readonly #resolver: DnsResolver;
  readonly #entries: readonly (Address | DnsPeers)[];
  /** The last good answer for each name. */
  readonly #answers = new Map<DnsPeers, readonly Address[]>();
  /** By name: IPv4, IPv6. */
  readonly #ips = new Map<DnsPeers, readonly (readonly string[])[]>();
  #isTold = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: DiscoveryOptions, intervalMs: number) {
    const { peers, resolver } = options;
    this.#options = options;
    this.#intervalMs = intervalMs;
    this.#resolver = resolver ?? new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
    this.#entries = typeof peers === 'function' ? [] : peers.map(parsePeer);
    if (this.#entries.length > PEERS_MAX) {
      const message = `${this.#entries.length} peers are too many; at most ${PEERS_MAX}`;
      throw new TardyError('ERR_TARDY_CONFIG', message);
    }
    const isFixed = typeof peers !== 'function' && this.#entries.every(isAddress);
    if (isFixed) this.#tell(this.#entries.filter(isAddress));
    else void this.refresh();
  }

  refresh(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#lookLater();
    });
    return this.#looking;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #lookLater(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const { random = Math.random } = this.#options;
    const waitMs = this.#intervalMs * (1 + JITTER * (2 * random() - 1));
    this.#timer = setTimeout(() => void this.refresh(), waitMs).unref();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { peers, diagnostics } = this.#options;
    try {
      if (typeof peers === 'function') {
        this.#tell(this.#readable(await peers()));
        return;
      }
      const names = this.#entries.filter((entry) => 'record' in entry);
      await Promise.all(names.map((name) => this.#resolve(name)));
      const addresses = this.#entries.flatMap((entry) =>
        isAddress(entry) ? [entry] : (this.#answers.get(entry) ?? []),
      );
      this.#tell(addresses);
    } catch (error) {
      diagnostics.failed('peers', error);
    }
  }

  async #resolve(name: DnsPeers): Promise<void> {
    try {
      const found = await this.#ask(name);
      this.#answers.set(name, found);
    } catch (error) {
      this.#options.diagnostics.failed('peers', error);
    }
  }

  async #ask(dns: DnsPeers): Promise<Address[]> {
    const { name, port } = dns;
    if (dns.record === 'srv') {
      const records = await this.#resolver.resolveSrv(name);
      return this.#kept(records.slice(0, PEERS_MAX), (record) =>
        addressAt(record.name.replace(/\.$/, ''), record.port, dns),
      );
    }
    const ips = await this.#ipsOf(dns);
    return this.#kept(ips.slice(0, PEERS_MAX), (ip) => addressAt(ip, port, dns));
  }

  /** A family that has no addresses is no failure; of one that fails, the last good answer stands. */
  async #ipsOf(dns: DnsPeers): Promise<string[]> {
    const answers = await Promise.allSettled([
      this.#resolver.resolve4(dns.name),
      this.#resolver.resolve6(dns.name),
    ]);
    const [ipv4, ipv6] = answers;
    if (ipv4.status === 'rejected' && ipv6.status === 'rejected') throw ipv4.reason;
    const last = this.#ips.get(dns) ?? [[], []];
    const ips = answers.map((answer, i) => ipsIn(answer) ?? last[i] ?? []);
    this.#ips.set(dns, ips);
    return ips.flat();
  }

  /** Entries that cannot be read are told and left out. */
  #kept<T>(entries: readonly T[], read: (entry: T) => Address): Address[] {
    return entries.flatMap((entry) => {
      try {
        return [read(entry)];
      } catch (error) {
        this.#options.diagnostics.failed('peers', error);
        return [];
      }
    });
  }

  /** What a function gave. */
  #readable(entries: unknown): Address[] {
    if (!Array.isArray(entries)) {
      throw argumentError('what peers() gives', entries, 'a list of peers');
    }
    return this.#kept(entries.slice(0, PEERS_MAX + 1) as unknown[], (entry) => {
      const peer = parsePeer(entry);
      if (isAddress(peer)) return peer;
      throw argumentError('what peers() gives', entry, 'no name in the DNS but its answer');
    });
  }

  #tell(found: readonly Address[]): void {
    if (this.#isStopped) return;
    const { diagnostics, onPeers } = this.#options;
    const byText = new Map(found.map((peer) => [`${peer.name}\n${peer.url}`, peer]));
    const all = [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, peer]) => peer);
    if (all.length > PEERS_MAX) {
      diagnostics.failed('peers', new Error(`more than ${PEERS_MAX}; the rest is left out`));
    }
    const peers = all.slice(0, PEERS_MAX);
    if (this.#isTold && isSame(peers, this.peers)) return;
    this.#isTold = true;
    this.peers = peers;
    diagnostics.guard('peers', onPeers)(peers);
  }
}

/** Undefined if it could not be found out. */
function ipsIn(answer: PromiseSettledResult<string[]>): string[] | undefined {
  if (answer.status === 'fulfilled') return answer.value;
  const { code } = answer.reason as NodeJS.ErrnoException;
  return code === 'ENODATA' || code === 'ENOTFOUND' ? [] : undefined;
}

function isAddress(entry: Address | DnsPeers): entry is Address {
  return 'url' in entry;
}

function isSame(a: readonly Address[], b: readonly Address[]): boolean {
  return (
    a.length === b.length && a.every(({ name, url }, i) => name === b[i]?.name && url === b[i].url)
  );
}
