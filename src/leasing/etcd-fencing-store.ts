/**
 * Maxima in etcd: compared, raised and written past in one transaction of etcd.
 *
 * etcd compares values byte by byte, so a maximum is stored in 20 digits, which are ordered as the
 * numbers are. One transaction: if the stored one is greater, read it; else put ours, and the
 * writes. A key that is not there is never greater. There is nothing to race with and no retry.
 */
import { argumentError } from '../errors.ts';
import { parseToken, sortableToken } from '../lease/fencing-rule.ts';
import { answerAs, txnSchema } from './etcd-answers.ts';
import { base64, createEtcdGateway, type EtcdOptions, fromBase64 } from './etcd-gateway.ts';
import {
  checkFence,
  type Raised,
  refuseStale,
  StoreError,
  type TransactionalFencingStore,
} from './fencing-store.ts';

/** Of etcd's 128 operations a transaction, one is the maximum. */
const WRITES_MAX = 127;

export interface EtcdFencingOptions extends EtcdOptions {
  /** Before the name of the resource in the key of its maximum. Default `tardy/fence/`. */
  readonly prefix?: string;
}

/** What is written in one transaction, at most 127 in all; each key once. */
export interface EtcdWrite {
  readonly puts?: readonly { readonly key: string; readonly value: string }[];
  readonly deletes?: readonly string[];
}

export type EtcdFencingStore = TransactionalFencingStore<EtcdWrite, void>;

/** Throws ERR_TARDY_ARGUMENT for endpoints that are no http(s) URLs. */
export function etcdFencingStore(options: EtcdFencingOptions): EtcdFencingStore {
  const { prefix = 'tardy/fence/' } = options;
  const gateway = createEtcdGateway(options);

  /** `writes` happen if the token is accepted. */
  async function compare(fence: Fence, writes: unknown[], repeatable: boolean): Promise<Raised> {
    const { token } = fence;
    const { key, value } = fence;
    const answer = await gateway.call(
      'kv/txn',
      {
        compare: [{ target: 'VALUE', result: 'GREATER', key, value }],
        success: [{ requestRange: { key } }],
        failure: writes,
      },
      { repeatable },
    );
    const { succeeded, responses } = answerAs(txnSchema, answer);
    if (!succeeded) return { accepted: true, seen: token };
    return { accepted: false, seen: seenIn(responses[0]?.response_range?.kvs?.[0]?.value) };
  }

  function fenceOf(resource: string, token: bigint): Fence {
    checkFence(resource, token);
    return { token, key: base64(prefix + resource), value: base64(sortableToken(token)) };
  }

  return {
    async raise(resource, token) {
      const fence = fenceOf(resource, token);
      const { key, value } = fence;
      // Most requests bring a token that is known: nothing is written then.
      const unlessKnown = {
        compare: [{ target: 'VALUE', result: 'EQUAL', key, value }],
        failure: [{ requestPut: { key, value } }],
      };
      return compare(fence, [{ requestTxn: unlessKnown }], true);
    },
    async guard(resource, token, write) {
      const fence = fenceOf(resource, token);
      const { key, value } = fence;
      const writes = [{ requestPut: { key, value } }, ...operationsOf(write)];
      const { accepted, seen } = await compare(fence, writes, false);
      if (!accepted) refuseStale({ resource, token, seen });
    },
  };
}

interface Fence {
  readonly token: bigint;
  /** As the gateway takes them. */
  readonly key: string;
  readonly value: string;
}

function operationsOf({ puts = [], deletes = [] }: EtcdWrite): unknown[] {
  const count = puts.length + deletes.length;
  if (count > WRITES_MAX) throw argumentError('writes', count, `at most ${WRITES_MAX}`);
  return [
    ...puts.map(({ key, value }) => ({
      requestPut: { key: base64(key), value: base64(value) },
    })),
    ...deletes.map((key) => ({ requestDeleteRange: { key: base64(key) } })),
  ];
}

function seenIn(value: string | undefined): bigint {
  const text = value === undefined ? '' : fromBase64(value);
  const seen = parseToken(text.replace(/^0+(?=\d)/, ''));
  if (seen !== undefined) return seen;
  throw new StoreError(`etcd: the stored maximum is no token: ${JSON.stringify(text)}`, {
    outcome: 'not-applied',
  });
}
