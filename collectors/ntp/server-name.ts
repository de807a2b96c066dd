/** What a user may write for an NTP server, read once and spelled one way. */
import { isIPv6 } from 'node:net';
import { show, TardyError } from '../../src/errors.ts';

export interface NtpServer {
  /** `ntp:host:port`. */
  readonly name: string;
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
}

const PORT = 123;
const PORT_MAX = 65_535;
const FORMS = 'host, host:port, [IPv6]:port or one of these after ntp://';
const ENTRY = /^(?:ntp:\/\/)?(?:\[([^\]]*)\]|([^\s:/?#@[\]]+))(?::(\d{1,5}))?\/?$/i;
const HOST =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;

/** Throws ERR_TARDY_CONFIG that says what is wrong with the entry. */
export function parseNtpServer(entry: unknown): NtpServer {
  if (typeof entry !== 'string') throw refused(entry, `is none of ${FORMS}`);
  const text = entry.trim();
  if (isIPv6(text)) return serverAt(text, PORT);
  const [, ipv6, name, portText] = ENTRY.exec(text) ?? [];
  const host = ipv6 ?? name ?? '';
  const isGood = ipv6 === undefined ? HOST.test(host) : isIPv6(ipv6);
  if (!isGood) throw refused(entry, `is none of ${FORMS}`);
  const port = Number(portText ?? PORT);
  if (!(port >= 1 && port <= PORT_MAX)) throw refused(entry, 'must have a port from 1 to 65535');
  return serverAt(host, port);
}

function serverAt(written: string, port: number): NtpServer {
  const host = written.toLowerCase();
  return { name: `ntp:${isIPv6(host) ? `[${host}]` : host}:${port}`, host, port };
}

function refused(entry: unknown, what: string): TardyError {
  return new TardyError('ERR_TARDY_CONFIG', `NTP server ${show(entry)} ${what}`);
}
