import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createHeartbeatServer } from '../../collectors/heartbeat/http-server.ts';
import type { Message } from '../../src/membership/message.ts';
import { nameHash } from '../../src/membership/names.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { tardy } from './support.ts';

const SECRET = 'the secret of the nodes';
const servers: Server[] = [];

/** A node that takes heartbeats, and what it was told. */
async function node(): Promise<{ readonly url: string; readonly told: Message[] }> {
  const told: Message[] = [];
  const { handle } = createHeartbeatServer(
    { secret: SECRET, isPeer: () => true },
    { onMessage: (message) => void told.push(message) },
    new Diagnostics(),
  );
  const server = createServer(handle).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('tardy notify', () => {
  const env = { TARDY_SECRET: SECRET };

  it('tells each peer who is down', async () => {
    const [a, b] = [await node(), await node()];
    const { code, err } = await tardy(
      ['notify', '--down', 'c:3000', '--to', `${a.url},${b.url},http://c:3000`],
      { env },
    );
    expect(code).toBe(0);
    expect(err.match(/told 127/g)).toHaveLength(2);
    for (const { told } of [a, b]) {
      expect(told).toMatchObject([{ kind: 'notice', reason: 'down', about: nameHash('c:3000') }]);
    }
  });

  it('takes the list and the secret of the nodes from the environment', async () => {
    const a = await node();
    const { code } = await tardy(['notify', '--down', 'c:3000'], {
      env: { ...env, TARDY_PEERS: a.url },
    });
    expect(code).toBe(0);
    expect(a.told).toHaveLength(1);
  });

  it('says that it was not believed, and why', async () => {
    const a = await node();
    const { code, err } = await tardy(['notify', '--down', 'c:3000', '--to', a.url], {
      env: { TARDY_SECRET: 'another' },
    });
    expect(code).toBe(3);
    expect(err).toContain('not told');
    expect(err).toContain('MAC is wrong');
    expect(a.told).toEqual([]);
  });

  it('notes that a name which nobody was listed with may be a slip', async () => {
    const a = await node();
    const { err } = await tardy(['notify', '--down', 'c:3000', '--to', a.url], { env });
    expect(err).toContain('only nodes that list c:3000 believe it');
  });

  it.each([
    [['notify'], {}, '--down NODE is missing'],
    [['notify', '--down', 'c:1'], {}, 'nobody to tell'],
    [
      ['notify', '--down', 'c:1', '--to', 'http://a:1'],
      { TARDY_SECRET: '' },
      'TARDY_SECRET is not',
    ],
    [['notify', '--down', 'c:1', '--to', 'c'], env, 'peer'],
  ])('refuses %j with %j', async (args, given, why) => {
    const { code, err } = await tardy(args, { env: given });
    expect(code).toBe(2);
    expect(err).toContain(why);
  });
});
