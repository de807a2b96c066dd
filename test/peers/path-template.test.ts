import { describe, expect, it } from 'vitest';
import { pathTemplate } from '../../src/peers/path-template.ts';

describe('the template of a path', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['*', '/*'],
    ['/users', '/users'],
    ['/users/', '/users/'],
    ['users', '/users'],
    ['//double//slash', '//double//slash'],
    ['/users/:id', '/users/:id'],
    ['/.well-known/openid-configuration', '/.well-known/openid-configuration'],
  ])('keeps names: %s → %s', (path, template) => expect(pathTemplate(path)).toBe(template));

  it.each([
    ['a number', '42'],
    ['zero', '0'],
    ['a negative number', '-7'],
    ['a decimal', '3.14'],
    ['a coordinate', '48.137,11.575'],
    ['a day', '2024-01-31'],
    ['a time', '12:30:00'],
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000'],
    ['a UUID in capitals', '550E8400-E29B-41D4-A716-446655440000'],
    ['a hash', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['a short commit', '9f1c2ea0'],
    ['an object id of MongoDB', '507f1f77bcf86cd799439011'],
    ['a hexadecimal number', '0xdeadbeef01'],
    ['a ULID', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['a nanoid', 'V1StGXR8_Z5jdHi6B-myT'],
    ['an ASIN', 'B07XJ8C8F5'],
    ['a JSON web token', `eyJhbGciOiJIUzI1NiJ9.${'x'.repeat(40)}`],
    ['base64', 'dGhpcyBpcyBhIHRlc3Q5='],
    ['a key with a prefix', 'cus_9s6XKzkNRiz8i3'],
    ['anything longer than a name', 'a'.repeat(41)],
  ])('takes %s for an identifier: %s', (_what, segment) => {
    expect(pathTemplate(`/things/${segment}/parts`)).toBe('/things/:id/parts');
    expect(pathTemplate(`/${segment}`)).toBe('/:id');
  });

  it.each([
    ['a version', 'v1'],
    ['a beta version', 'v2beta1'],
    ['a version with a point', 'v1.2'],
    ['a locale', 'en-US'],
    ['a locale with a script', 'zh-Hant-TW'],
    ['a locale with a region number', 'es-419'],
    ['a protocol', 'oauth2'],
    ['an algorithm', 'sha256'],
    ['an encoding', 'utf-8'],
    ['a hyphenated name', 'terms-and-conditions'],
    ['a word of hexadecimal letters', 'facade'],
    ['a longer one', 'deadbeef'],
    ['camel case', 'getUserProfile'],
    ['a file', 'index.html'],
    ['a parameter of a template', ':userId'],
    ['the longest name', 'a'.repeat(40)],
  ])('takes %s for a name: %s', (_what, segment) => {
    expect(pathTemplate(`/things/${segment}/parts`)).toBe(`/things/${segment}/parts`);
  });

  it.each([
    ['/search?q=1', '/search'],
    ['/search?', '/search'],
    ['/users/42?page=3#top', '/users/:id'],
    ['/page#part/7', '/page'],
    ['?q=1', '/'],
  ])('ends before the query and the fragment: %s → %s', (path, template) => {
    expect(pathTemplate(path)).toBe(template);
  });

  it('ends after eight segments', () => {
    expect(pathTemplate('/a/b/c/d/e/f/g/h')).toBe('/a/b/c/d/e/f/g/h');
    expect(pathTemplate('/a/b/c/d/e/f/g/h/i')).toBe('/a/b/c/d/e/f/g/h/*');
    expect(pathTemplate(`/a/b/c/d/e/f/g/h${'/i/42'.repeat(10_000)}`)).toBe('/a/b/c/d/e/f/g/h/*');
  });

  it('keeps percent signs, which stand for themselves in a path', () => {
    expect(pathTemplate('/caf%C3%A9/men%C3%BC')).toBe('/caf%C3%A9/men%C3%BC');
  });

  it('holds nothing that a metrics system cannot: neither blanks nor control characters', () => {
    expect(pathTemplate('/a b/\u0000c\n/d\u007f/\u001b[31m')).toBe('/a_b/_c_/d_/_[31m');
    expect(pathTemplate('/naïve/日本')).toBe('/na_ve/__');
  });
});
