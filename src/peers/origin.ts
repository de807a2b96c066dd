/** What an origin says of its peer. */
export interface Origin {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
/** Names are at most 253 characters (RFC 1035); what is longer is cut, not believed. */
const HOST_LENGTH_MAX = 253;

/** `http://Host:80` → host in lower case and port; undefined if it is no http(s) origin. */
export function parseOrigin(origin: string): Origin | undefined {
  const url = URL.parse(origin);
  if (!url || url.hostname === '') return undefined;
  const defaultPort = DEFAULT_PORTS[url.protocol];
  if (defaultPort === undefined) return undefined;
  const host = url.hostname.slice(0, HOST_LENGTH_MAX);
  return { host, port: url.port === '' ? defaultPort : Number(url.port) };
}

export function peerName({ host, port }: Origin, address?: string): string {
  return address === undefined ? `${host}:${port}` : `${host}:${port}/${address}`;
}
