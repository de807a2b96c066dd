/** What a user may write for a peer, read once and spelled one way. */
import { isPlainText, utf8Length } from '../../src/membership/codec-writer.ts';
import { LIMITS } from '../../src/membership/message.ts';
import { show, TardyError } from '../../src/errors.ts';
import type { Address } from './transport.ts';

/** A name in the DNS that stands for all peers. */
export interface DnsPeers {
  readonly record: 'a' | 'srv';
  readonly name: string;
  /** Of `a`; an SRV record has its own. */
  readonly port: number;
  /** What is spoken there. */
  readonly scheme: 'http' | 'https' | 'udp';
  /** Where the router is mounted, if not at /tardy. */
  readonly path: string;
}

const FORMS =
  'http://host:port, https://host:port, udp://host:port, name=url, dns+a://name:port or dns+srv://_http._tcp.name';
const DNS = /^dns\+(a|srv)(?:\+(http|https|udp))?:\/\/([^/:?#\s]+)(?::(\d{1,5}))?(\/[^?#\s]*)?$/i;
const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;
const SCHEME = /^(https?|udp):$/;
const PORT_MAX = 65_535;

/** Throws ERR_TARDY_CONFIG that says what is wrong with the entry. */
export function parsePeer(entry: unknown): Address | DnsPeers {
  if (typeof entry === 'object' && entry !== null) {
    const { name, url } = entry as Partial<Record<'name' | 'url', unknown>>;
    if (typeof name === 'string' && typeof url === 'string') return addressOf(url, name, entry);
  }
  if (typeof entry !== 'string') throw refused(show(entry), `is none of ${FORMS}`);
  const text = entry.trim();
  if (/^dns\+/i.test(text)) return dnsPeers(text);
  const named = /^([^=/?#]*)=(.*)$/s.exec(text);
  return named ? addressOf(named[2]!, named[1]!.trim(), entry) : addressOf(text, undefined, entry);
}

/** The address of a peer that a record names. */
export function addressAt(host: string, port: number, { scheme, path }: DnsPeers): Address {
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
  return addressOf(url, undefined, url);
}

function addressOf(text: string, name: string | undefined, entry: unknown): Address {
  const url = URL.parse(text.trim());
  if (!url || !SCHEME.test(url.protocol) || url.hostname === '') {
    throw refused(show(entry), `is none of ${FORMS}`);
  }
  if (url.username + url.password + url.search + url.hash !== '') {
    throw refused(show(entry), 'must have no user, password, query or fragment');
  }
  const path = url.pathname.replace(/\/+$/, '');
  if (url.protocol === 'udp:') checkUdp(url.port, path, entry);
  const byDefault = url.protocol === 'https:' ? '443' : '80';
  const host = `${url.hostname.toLowerCase()}:${url.port === '' ? byDefault : url.port}`;
  return { name: checkedName(name ?? host, entry), url: `${url.protocol}//${host}${path}` };
}

function checkUdp(port: string, path: string, entry: unknown): void {
  if (!(Number(port) >= 1)) throw refused(show(entry), 'must have a port from 1 to 65535');
  if (path !== '') throw refused(show(entry), 'must have no path');
}

function checkedName(name: string, entry: unknown): string {
  const isGood = name !== '' && isPlainText(name) && utf8Length(name) <= LIMITS.nameBytes;
  if (isGood) return name;
  throw refused(
    show(entry),
    `must have a name of 1 to ${LIMITS.nameBytes} bytes without control characters`,
  );
}

function dnsPeers(text: string): DnsPeers {
  const [, type = '', said, name = '', portText, path = ''] = DNS.exec(text) ?? [];
  if (!DNS_NAME.test(name)) throw refused(show(text), `is none of ${FORMS}`);
  const record = type.toLowerCase() === 'srv' ? 'srv' : 'a';
  const port = Number(portText ?? 0);
  if (record === 'a' && !(port >= 1 && port <= PORT_MAX)) {
    throw refused(show(text), 'must have a port from 1 to 65535');
  }
  if (record === 'srv' && portText !== undefined) {
    throw refused(show(text), 'must have no port: the records say it');
  }
  const scheme = (said?.toLowerCase() as DnsPeers['scheme'] | undefined) ?? schemeIn(name);
  return { record, name, port, scheme, path: path.replace(/\/+$/, '') };
}

/** `_https._tcp.name` speaks https, `_tardy._udp.name` UDP, all others http. */
function schemeIn(name: string): DnsPeers['scheme'] {
  if (/^[^.]+\._udp\./i.test(name)) return 'udp';
  return /^_https\./i.test(name) ? 'https' : 'http';
}

function refused(given: string, what: string): TardyError {
  return new TardyError('ERR_TARDY_CONFIG', `peer ${given} ${what}`);
}
