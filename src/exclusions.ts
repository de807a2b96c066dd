/** Calls that are not measured: origins, or origin and path prefixes. */
export class Exclusions {
  readonly #prefixes: string[];

  /** Such as `http://host:80/poll`, which holds `http://host/poll/1` and not `/polling`. */
  constructor(prefixes: readonly string[]) {
    this.#prefixes = prefixes.map(withoutDefaultPort);
  }

  add(origins: readonly string[]): void {
    this.#prefixes.push(...origins);
  }

  has(origin: string, path: string): boolean {
    return this.#prefixes.some((prefix) => isWithin(`${origin}${path}`, prefix));
  }
}

/** `http://host/poll` holds `http://host/poll/1` and `?a=1`, not `http://host/polling`. */
function isWithin(address: string, prefix: string): boolean {
  if (!address.startsWith(prefix)) return false;
  return prefix.endsWith('/') || /^([/?]|$)/.test(address.slice(prefix.length));
}

/** As collectors spell it: `http://host:80/poll` is `http://host/poll`. */
function withoutDefaultPort(prefix: string): string {
  const url = URL.parse(prefix);
  if (!url) return prefix;
  return url.pathname === '/' ? url.origin : `${url.origin}${url.pathname}`;
}
