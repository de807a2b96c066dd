/**
 * Collecting garbage at set times.
 *
 * A collection of young garbage costs as much as hundreds of requests, and by itself it happens
 * once in one to three blocks: blocks then come in two kinds, and the median of their differences
 * is a lottery. So a block begins just after a collection and ends with one: each pays for its own
 * garbage, and for nobody else's. Finalizers, of which `fetch` has one a response, run in a turn of
 * their own afterwards. Needs `--expose-gc`.
 */
export async function collectYoung(): Promise<void> {
  globalThis.gc?.({ type: 'minor', execution: 'sync' });
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((next) => void setImmediate(next));
}

/** Everything, for counting bytes. */
export function collectAll(): void {
  for (let i = 0; i < 3; i++) globalThis.gc?.({ type: 'major', execution: 'sync' });
}
