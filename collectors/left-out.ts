/**
 * Requests whose reply is meant to be late: server-sent events (`Accept: text/event-stream`),
 * long polls (`Prefer: wait=…`, RFC 7240) and upgrades. Their waiting tells nothing of the peer.
 * Other long polls cannot be told from a slow server: name them in `exclude`.
 */
export function waitsOnPurpose(name: unknown, value: unknown): boolean {
  if (typeof name !== 'string' || typeof value !== 'string') return false;
  if (name.length === 6) {
    const lower = name.toLowerCase();
    if (lower === 'accept') return value.toLowerCase().includes('text/event-stream');
    return lower === 'prefer' && value.toLowerCase().includes('wait=');
  }
  return name.length === 7 && name.toLowerCase() === 'upgrade';
}
