import { describe, expect, it } from 'vitest';
import { parseOrigin, peerName } from '../../src/peers/origin.ts';

describe('the peer of an origin', () => {
  it.each([
    ['http://example.com', 'example.com:80'],
    ['https://example.com', 'example.com:443'],
    ['http://example.com:8080', 'example.com:8080'],
    ['https://example.com:80', 'example.com:80'],
    ['http://example.com:443', 'example.com:443'],
    ['HTTP://EXAMPLE.com', 'example.com:80'],
    ['http://example.com/path?q#f', 'example.com:80'],
    ['http://user:secret@example.com', 'example.com:80'],
    ['http://10.0.0.1:3000', '10.0.0.1:3000'],
    ['http://[::1]:3000', '[::1]:3000'],
    ['http://[2001:DB8:0:0::1]', '[2001:db8::1]:80'],
    ['https://bücher.example', 'xn--bcher-kva.example:443'],
    ['http://localhost:65535', 'localhost:65535'],
  ])('%s is %s', (origin, name) => expect(peerName(parseOrigin(origin)!)).toBe(name));

  it.each([
    '',
    'example.com',
    'example.com:80',
    '//example.com',
    'ftp://example.com',
    'ws://example.com',
    'file:///etc/passwd',
    'data:text/plain,x',
    'http://',
    'http://:80',
    'http://example.com:70000',
    'http://exa mple.com',
    'http://[::1',
    'null',
    'undefined',
  ])('%j is nobody', (origin) => expect(parseOrigin(origin)).toBeUndefined());

  it('has no longer name than DNS allows', () => {
    const { host } = parseOrigin(`http://${'a'.repeat(60)}.${'b.'.repeat(5000)}example`)!;
    expect(host).toHaveLength(253);
  });

  it('may be told apart by address', () => {
    expect(peerName({ host: 'example.com', port: 80 }, '10.0.0.1')).toBe('example.com:80/10.0.0.1');
  });
});
