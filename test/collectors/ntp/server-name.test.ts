import { describe, expect, it } from 'vitest';
import { parseNtpServer } from '../../../collectors/ntp/server-name.ts';

describe('an NTP server', () => {
  it.each([
    ['time.example.org', 'ntp:time.example.org:123', 'time.example.org', 123],
    [' Time.Example.org:1123 ', 'ntp:time.example.org:1123', 'time.example.org', 1123],
    ['ntp://10.0.0.1', 'ntp:10.0.0.1:123', '10.0.0.1', 123],
    ['ntp://localhost:5/', 'ntp:localhost:5', 'localhost', 5],
    ['[2001:db8::1]:1123', 'ntp:[2001:db8::1]:1123', '2001:db8::1', 1123],
    ['[::1]', 'ntp:[::1]:123', '::1', 123],
    ['ntp://[::1]:9', 'ntp:[::1]:9', '::1', 9],
    ['2001:DB8::1', 'ntp:[2001:db8::1]:123', '2001:db8::1', 123],
  ])('may be written %s', (entry, name, host, port) => {
    expect(parseNtpServer(entry)).toEqual({ name, host, port });
  });

  it.each([
    ...['', ' ', ':123', 'a b', 'http://a', 'ntp://', 'a:b', 'a:1:2', 'a:0', 'a:65536', 'a:123456'],
    ...['[a]', '[::1', '::1]:5', '[]', 'a/b', 'u@a', 'a?b', '-a', 'a..b', undefined, 5, {}],
  ])('may not be %j', (entry) => {
    expect(() => parseNtpServer(entry)).toThrow(
      expect.objectContaining({
        code: 'ERR_TARDY_CONFIG',
        message: expect.stringMatching(/^NTP server /) as string,
      }),
    );
  });
});
