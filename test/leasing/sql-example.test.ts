/** The SQL of docs/leases.md, run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { refuseStale, type TransactionalFencingStore } from '../../src/leasing/fencing-store.ts';
import { ROOT } from '../support/node-versions.ts';

const docs = readFileSync(join(ROOT, 'docs', 'leases.md'), 'utf8');
const [CREATE, RAISE] = [...docs.matchAll(/```sql\n([^`]+)```/g)].map(([, sql]) => sql!);
const SEEN = 'SELECT token FROM fence WHERE resource = $resource';

/** The store of the docs, on SQLite. */
function sqlStore(db: DatabaseSync): TransactionalFencingStore<() => void, void> {
  const raise = db.prepare(RAISE!);
  const select = db.prepare(SEEN);
  select.setReadBigInts(true);
  const isRaised = (resource: string, token: bigint) =>
    Number(raise.run({ resource, token }).changes) === 1;
  const seenFor = (resource: string) => select.get({ resource })!.token as bigint;
  return {
    raise(resource, token) {
      const accepted = isRaised(resource, token);
      return Promise.resolve({ accepted, seen: accepted ? token : seenFor(resource) });
    },
    async guard(resource, token, write) {
      await Promise.resolve();
      db.exec('BEGIN IMMEDIATE');
      try {
        if (!isRaised(resource, token)) {
          refuseStale({ resource, token, seen: seenFor(resource) });
        }
        write();
        db.exec('COMMIT');
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
  };
}

function database() {
  const db = new DatabaseSync(':memory:');
  db.exec(CREATE!);
  db.exec('CREATE TABLE ledger (id TEXT PRIMARY KEY, by_token BIGINT)');
  const put = db.prepare('INSERT OR REPLACE INTO ledger VALUES (?, ?)');
  const by = () => db.prepare('SELECT by_token FROM ledger').get()?.by_token;
  return { store: sqlStore(db), by, write: (token: number) => () => void put.run('a', token) };
}

describe('the SQL of the docs', () => {
  it('accepts what is not lower than the highest token', async () => {
    const { store } = database();
    for (const [token, accepted, seen] of [
      [9n, true, 9n],
      [10n, true, 10n],
      [10n, true, 10n],
      [9n, false, 10n],
      [2n ** 63n - 1n, true, 2n ** 63n - 1n],
    ] as const) {
      expect(await store.raise('a', token)).toEqual({ accepted, seen });
    }
    expect(await store.raise('b', 1n)).toEqual({ accepted: true, seen: 1n });
  });

  it('writes in the transaction that compares, or not at all', async () => {
    const { store, by, write } = database();
    await store.guard('a', 34n, write(34));
    await expect(store.guard('a', 33n, write(33))).rejects.toMatchObject({ seen: 34n });
    expect(by()).toBe(34);
  });

  it('raises nothing if the write fails', async () => {
    const { store } = database();
    const fails = () => {
      throw new Error('no room');
    };
    await expect(store.guard('a', 34n, fails)).rejects.toThrow('no room');
    expect(await store.raise('a', 33n)).toEqual({ accepted: true, seen: 33n });
  });
});
