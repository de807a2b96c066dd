import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Discovery,
  discoverPeers,
  type DiscoveryOptions,
  type DnsResolver,
} from '../../../collectors/heartbeat/discovery.ts';
import { parsePeer } from '../../../collectors/heartbeat/peer-url.ts';
import type { Address } from '../../../collectors/heartbeat/transport.ts';
import { TardyError } from '../../../src/errors.ts';
import { runs } from '../../support/properties.ts';
import { Inbox, Node } from './support.ts';

const open: Discovery[] = [];
afterEach(() => open.splice(0).forEach((discovery) => discovery.stop()));

/** A discovery whose lists are collected. */
function discover(options: Pick<DiscoveryOptions, 'peers'> & Partial<DiscoveryOptions>) {
  const node = new Node('n');
  const lists = new Inbox<readonly Address[]>();
  const { diagnostics, failures } = node;
  const onPeers = (peers: readonly Address[]) => lists.put(peers);
  const discovery = discoverPeers({ diagnostics, onPeers, ...options });
  open.push(discovery);
  return { discovery, lists, failures };
}

const none = Object.assign(new Error('queryAaaa ENODATA'), { code: 'ENODATA' });
const broken = Object.assign(new Error('queryA ESERVFAIL'), { code: 'ESERVFAIL' });

function resolverOf(answers: Partial<DnsResolver>): DnsResolver {
  const fail = () => Promise.reject(none);
  return { resolve4: fail, resolve6: fail, resolveSrv: fail, ...answers };
}

function names(peers: readonly Address[]): string[] {
  return peers.map(({ name }) => name);
}

describe('a peer as it is written', () => {
  it.each([
    ['http://Host:3000', 'host:3000', 'http://host:3000'],
    [' http://host ', 'host:80', 'http://host:80'],
    ['https://host/', 'host:443', 'https://host:443'],
    ['http://host:1/ops/tardy/', 'host:1', 'http://host:1/ops/tardy'],
    ['udp://HOST:9999', 'host:9999', 'udp://host:9999'],
    ['udp://[::1]:9999', '[::1]:9999', 'udp://[::1]:9999'],
    ['billing = http://10.0.0.1:3000', 'billing', 'http://10.0.0.1:3000'],
    ['a:1=udp://h:2', 'a:1', 'udp://h:2'],
  ])('%s', (text, name, url) => {
    expect(parsePeer(text)).toEqual({ name, url });
    expect(parsePeer({ name, url })).toEqual({ name, url });
  });

  it.each([
    ['dns+a://nodes.ns.svc:3000', 'a', 'nodes.ns.svc', 3000, 'http', ''],
    ['dns+a+udp://nodes:9999', 'a', 'nodes', 9999, 'udp', ''],
    ['DNS+A+HTTPS://nodes:1/ops/', 'a', 'nodes', 1, 'https', '/ops'],
    ['dns+srv://_http._tcp.nodes.svc', 'srv', '_http._tcp.nodes.svc', 0, 'http', ''],
    ['dns+srv://_https._tcp.nodes.svc.', 'srv', '_https._tcp.nodes.svc.', 0, 'https', ''],
    ['dns+srv://_tardy._udp.nodes', 'srv', '_tardy._udp.nodes', 0, 'udp', ''],
  ])('%s', (text, record, name, port, scheme, path) => {
    expect(parsePeer(text)).toEqual({ record, name, port, scheme, path });
  });

  it.each([
    ['', 'is none of http://host:port'],
    ['host:3000', 'is none of'],
    ['ftp://host:1', 'is none of'],
    ['http://', 'is none of'],
    ['http://host:99999', 'is none of'],
    [5, 'is none of'],
    [null, 'is none of'],
    [{ name: 'a' }, 'is none of'],
    ['http://u:p@host:1', 'must have no user'],
    ['http://host:1?a=b', 'must have no user, password, query or fragment'],
    ['udp://host', 'must have a port from 1 to 65535'],
    ['udp://host:0', 'must have a port'],
    ['udp://host:1/path', 'must have no path'],
    ['=http://host:1', 'must have a name of 1 to 128 bytes'],
    [`${'ä'.repeat(65)}=http://host:1`, 'must have a name'],
    ['a\u0000b=http://host:1', 'must have a name'],
    ['dns+a://nodes', 'must have a port'],
    ['dns+a://nodes:70000', 'must have a port'],
    ['dns+srv://_http._tcp.nodes:80', 'must have no port'],
    ['dns+a://no..des:80', 'is none of'],
    ['dns+mx://nodes:80', 'is none of'],
  ])('is refused, and it says why: %j', (entry, why) => {
    expect(() => parsePeer(entry)).toThrow(why);
    expect(() => parsePeer(entry)).toThrow(
      expect.objectContaining({ code: 'ERR_TARDY_CONFIG' }) as Error,
    );
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.webUrl(), fc.string()), (entry) => {
        try {
          parsePeer(entry);
        } catch (error) {
          expect(TardyError.is(error)).toBe(true);
        }
      }),
      runs(300),
    );
  });
});

describe('a static list', () => {
  it('is told once, at once, in order and without doubles', () => {
    const { discovery, lists } = discover({
      peers: ['http://b:1', { name: 'a', url: 'udp://a:2' }, 'http://b:1', 'a=http://a:3'],
    });
    expect(lists.all).toEqual([
      [
        { name: 'a', url: 'http://a:3' },
        { name: 'a', url: 'udp://a:2' },
        { name: 'b:1', url: 'http://b:1' },
      ],
    ]);
    expect(discovery.peers).toBe(lists.all[0]);
  });

  it('is told when it is empty', () => expect(discover({ peers: [] }).lists.all).toEqual([[]]));

  it('throws for what cannot be read, and for too many', () => {
    expect(() => discover({ peers: ['http://a:1', 'nonsense'] })).toThrow(
      /peer "nonsense" is none/,
    );
    const many = Array.from({ length: 10_001 }, (_, i) => `http://h:${i + 1}`);
    expect(() => discover({ peers: many })).toThrow('10001 peers are too many; at most 10000');
    expect(() => discover({ peers: [], intervalMs: 0 })).toThrow('intervalMs must be');
  });
});

describe('peers in the DNS', () => {
  it('are addresses of both families, named by host and port', async () => {
    const { lists } = discover({
      peers: ['dns+a://nodes:80', 'fixed=http://h:1'],
      resolver: resolverOf({
        resolve4: () => Promise.resolve(['10.0.0.2', '10.0.0.1']),
        resolve6: () => Promise.resolve(['fd00::1']),
      }),
    });
    expect((await lists.next()).map(({ name, url }) => `${name} ${url}`)).toEqual([
      '10.0.0.1:80 http://10.0.0.1:80',
      '10.0.0.2:80 http://10.0.0.2:80',
      '[fd00::1]:80 http://[fd00::1]:80',
      'fixed http://h:1',
    ]);
  });

  it('are targets of SRV records', async () => {
    const { lists } = discover({
      peers: ['dns+srv://_tardy._udp.nodes'],
      resolver: resolverOf({
        resolveSrv: (name) => Promise.resolve([{ name: `n0.${name}.`, port: 9 }]),
      }),
    });
    const name = 'n0._tardy._udp.nodes:9';
    expect(await lists.next()).toEqual([{ name, url: `udp://${name}` }]);
  });

  it('are told again only when they changed', async () => {
    let ips = ['10.0.0.1', '10.0.0.2'];
    const resolver = resolverOf({ resolve4: () => Promise.resolve(ips) });
    const { discovery, lists } = discover({ peers: ['dns+a://nodes:80'], resolver });
    await discovery.refresh();
    ips = ['10.0.0.2', '10.0.0.1'];
    await discovery.refresh();
    expect(lists.all).toHaveLength(1);
    ips = ['10.0.0.3'];
    await discovery.refresh();
    expect(lists.all.map(names)).toEqual([['10.0.0.1:80', '10.0.0.2:80'], ['10.0.0.3:80']]);
  });

  it('stay while the resolver fails, which is told', async () => {
    let answer: () => Promise<string[]> = () => Promise.resolve(['10.0.0.1']);
    const resolver = resolverOf({ resolve4: () => answer() });
    const { discovery, lists, failures } = discover({ peers: ['dns+a://nodes:80'], resolver });
    await discovery.refresh();
    for (const error of [broken, none]) {
      answer = () => Promise.reject(error);
      await discovery.refresh();
    }
    expect(lists.all).toHaveLength(1);
    expect(discovery.peers).toHaveLength(1);
    expect(failures.all).toEqual(['peers: queryA ESERVFAIL', 'peers: queryAaaa ENODATA']);
  });

  it('stay, those of one family, while only that one fails', async () => {
    let answer: () => Promise<string[]> = () => Promise.resolve(['fd00::1']);
    const resolver = resolverOf({
      resolve4: () => Promise.resolve(['10.0.0.1']),
      resolve6: () => answer(),
    });
    const { discovery } = discover({ peers: ['dns+a://nodes:80'], resolver });
    await discovery.refresh();
    answer = () => Promise.reject(broken);
    await discovery.refresh();
    expect(names(discovery.peers)).toEqual(['10.0.0.1:80', '[fd00::1]:80']);
    answer = () => Promise.reject(none);
    await discovery.refresh();
    expect(names(discovery.peers)).toEqual(['10.0.0.1:80']);
  });

  it('are left out where a record makes no sense', async () => {
    const { lists, failures } = discover({
      peers: ['dns+srv://_http._tcp.nodes'],
      resolver: resolverOf({
        resolveSrv: () =>
          Promise.resolve([
            { name: 'good', port: 1 },
            { name: 'no host', port: 1 },
            { name: 'good', port: 70_000 },
          ]),
      }),
    });
    expect(names(await lists.next())).toEqual(['good:1']);
    expect(failures.all).toHaveLength(2);
  });

  it('are told even if the first answer fails: those that are known', async () => {
    const peers = ['dns+a://nodes:80', 'http://h:1'];
    const { lists } = discover({ peers, resolver: resolverOf({}) });
    expect(names(await lists.next())).toEqual(['h:1']);
  });

  it('are asked for again after the interval', async () => {
    let calls = 0;
    const resolver = resolverOf({ resolve4: () => Promise.resolve([`10.0.0.${++calls}`]) });
    const { lists } = discover({ peers: ['dns+a://nodes:80'], resolver, intervalMs: 1 });
    await lists.next();
    await lists.next();
    expect(names(await lists.next())).toEqual(['10.0.0.3:80']);
  });
});

describe('peers from a function', () => {
  it('are read each time, and what cannot be read is told and left out', async () => {
    let list: unknown = Promise.resolve(['http://a:1', { name: 'b', url: 'udp://b:2' }, 'x']);
    const { discovery, lists, failures } = discover({ peers: () => list as string[] });
    expect(names(await lists.next())).toEqual(['a:1', 'b']);
    expect(failures.all).toEqual([expect.stringContaining('peer "x" is none of')]);
    list = ['http://c:1', 'dns+a://nodes:80'];
    await discovery.refresh();
    expect(names(discovery.peers)).toEqual(['c:1']);
    for (const bad of [Promise.reject(new Error('no')), undefined, 'http://a:1']) {
      list = bad;
      await discovery.refresh();
      expect(names(discovery.peers)).toEqual(['c:1']);
    }
  });

  it('may fail at once', async () => {
    const { discovery, failures } = discover({
      peers: () => {
        throw new Error('of the host');
      },
    });
    await discovery.refresh();
    expect(failures.all).toContain('peers: of the host');
  });

  it('are bounded', async () => {
    const many = Array.from({ length: 10_002 }, (_, i) => `n${i}=http://h:1`);
    const { discovery, failures } = discover({ peers: () => many });
    await discovery.refresh();
    expect(discovery.peers).toHaveLength(10_000);
    expect(failures.all).toContain('peers: more than 10000; the rest is left out');
  });

  it('are not told any more after stop', async () => {
    const { promise, resolve } = Promise.withResolvers<string[]>();
    const { discovery, lists } = discover({ peers: () => promise });
    const looking = discovery.refresh();
    discovery.stop();
    resolve(['http://a:1']);
    await looking;
    expect(lists.all).toEqual([]);
  });
});
