import { afterEach, describe, expect, it } from 'vitest';
import {
  AddressBook,
  type AddressBookOptions,
  plainIp,
  targetOf,
} from '../../../collectors/heartbeat/address-book.ts';
import { TokenBucket } from '../../../collectors/heartbeat/token-bucket.ts';
import { Inbox, Node } from './support.ts';

const open: AddressBook[] = [];
afterEach(() => open.splice(0).forEach((book) => book.stop()));

function bookWith(options: Partial<AddressBookOptions> = {}) {
  const node = new Node('n');
  const book = new AddressBook({ diagnostics: node.diagnostics, ...options });
  open.push(book);
  return { book, failures: node.failures };
}

describe('an address book', () => {
  it('knows addresses without asking', () => {
    const { book } = bookWith({ lookup: () => Promise.reject(new Error('asked')) });
    book.setPeers([
      { name: 'a', url: 'udp://10.0.0.1:9' },
      { name: 'b', url: 'https://[fd00::1]/x' },
    ]);
    expect(book.ipOf('udp://[fd00::2]:1')).toBe('fd00::2');
    expect(book.ipOf('udp://somebody:1')).toBeUndefined();
    expect([book.knows('10.0.0.1'), book.knows('::ffff:10.0.0.1')]).toEqual([true, true]);
    expect(book.knows('10.0.0.2')).toBe(false);
    expect(book.nameOf('::ffff:10.0.0.1', 9)).toBe('a');
    expect(book.nameOf('10.0.0.1', 10)).toBeUndefined();
    expect(book.nameOf('fd00::1', 443)).toBe('b');
    book.setPeers([]);
    expect(book.knows('10.0.0.1')).toBe(false);
  });

  it('asks for names one at a time, again and again, and keeps the last good answer', async () => {
    const asked = new Inbox<string>();
    const answers = new Map([
      ['a', ['10.0.0.1', '10.0.0.2']],
      ['b', ['10.0.0.3']],
    ]);
    let asking = 0;
    let mostAsking = 0;
    const lookup = async (name: string) => {
      asked.put(name);
      mostAsking = Math.max(mostAsking, ++asking);
      await Promise.resolve();
      asking--;
      const ips = answers.get(name);
      if (!ips) throw new Error(`no ${name}`);
      return ips;
    };
    const { book, failures } = bookWith({ lookup, refreshMs: 1 });
    const peers = [
      { name: 'a', url: 'http://a:1' },
      { name: 'b', url: 'http://b:2' },
    ];
    book.setPeers(peers);
    book.setPeers(peers);
    expect([await asked.next(), await asked.next(), await asked.next()]).toEqual(['a', 'b', 'a']);
    expect([book.ipOf('http://a:1'), book.knows('10.0.0.2')]).toEqual(['10.0.0.1', true]);
    expect(book.nameOf('10.0.0.3', 2)).toBe('b');
    answers.delete('b');
    expect(await failures.next()).toBe('heartbeat look-up: no b');
    expect(book.ipOf('http://b:2')).toBe('10.0.0.3');
    expect(mostAsking).toBe(1);
  });

  it.each([
    ['http://h', 'h', 80],
    ['https://h', 'h', 443],
    ['udp://[::1]:5', '::1', 5],
  ])('reads %s', (url, hostname, port) => expect(targetOf(url)).toEqual({ hostname, port }));

  it.each([
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['1.2.3.4', '1.2.3.4'],
    ['::ffff:102:304', '::ffff:102:304'],
    ['fe80::1', 'fe80::1'],
  ])('shows %s as %s', (ip, plain) => expect(plainIp(ip)).toBe(plain));
});

describe('a token bucket', () => {
  it('lets so many through in a second, and no more after a long rest', () => {
    const bucket = new TokenBucket(3);
    const taken = (nowMs: number, tries: number) =>
      Array.from({ length: tries }, () => bucket.take(nowMs)).filter(Boolean).length;
    expect(taken(1000, 10)).toBe(3);
    expect(taken(1333, 10)).toBe(0);
    expect(taken(1334, 10)).toBe(1);
    expect(taken(1e9, 10)).toBe(3);
    expect(taken(0, 10)).toBe(0); // a clock that goes back gives nothing
  });
});
