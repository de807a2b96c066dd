import { describe, expect, it } from 'vitest';
import { replyFacts, serverTimingMs } from '../../collectors/response-headers.ts';

const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text, 'latin1'));
const NOTHING = { serverMs: undefined, stream: false };

describe('the time that a server says it worked', () => {
  it.each([
    ['app;dur=12.5', 12.5],
    ['total;dur=3', 3],
    ['app;dur=0', 0],
    ['app; dur = 7', 7],
    ['  app ; dur="8.25"', 8.25],
    ['app;desc="hello";dur=4', 4],
    ['app;dur=4;desc="hello"', 4],
    ['db;dur=1, cache;desc=hit, app;dur=9', 9],
    ['loop;dur=40, app;dur=2', 2],
    ['app;dur=3600000', 3_600_000],
  ])('is read from %s', (value, ms) => expect(serverTimingMs(value)).toBe(ms));

  it.each([
    [''],
    ['app'],
    ['app;'],
    ['app;dur'],
    ['app;dur='],
    ['app;dur=fast'],
    ['app;dur=-5'],
    ['app;dur=nan'],
    ['app;dur=infinity'],
    ['app;dur=3600001'],
    [`app;dur=${'9'.repeat(400)}`],
    ['apple;dur=5'],
    ['app-db;dur=5'],
    ['my-app;dur=5'],
    ['app;duration=5'],
    ['db;dur=5, cache;dur=6'],
    ['missedcache'],
    [';;;,,,;=;='],
  ])('is not guessed from %s', (value) => expect(serverTimingMs(value)).toBeUndefined());

  it('is not misread by a factor of a thousand', () => {
    expect([undefined, 1000]).toContain(serverTimingMs('app;dur=1e3'));
  });

  it('is the first of two, and not a part of a description', () => {
    expect(serverTimingMs('app;dur=5;dur=7')).toBe(5);
    expect(serverTimingMs('app;dur=3;desc="slept;dur=9"')).toBe(3);
  });
});

describe('the headers of a reply', () => {
  it.each([
    ['nothing', []],
    ['none of ours', ['Content-Type', 'text/html', 'X-App', 'app;dur=5']],
    ['a name without a value', ['Server-Timing']],
    ['a value that looks like a name', ['X-Note', 'server-timing', 'app;dur=5', 'x']],
    [
      'names of the same length',
      ['content-kind', 'text/event-stream', 'server-timers', 'app;dur=5'],
    ],
  ])('say nothing: %s', (_what, raw) => {
    expect(replyFacts(raw)).toEqual(NOTHING);
    expect(replyFacts(bytes(...raw))).toEqual(NOTHING);
  });

  it.each([
    [['Server-Timing', 'app;dur=5.5']],
    [['SERVER-TIMING', 'App;Dur=5.5']],
    [['date', 'today', 'server-timing', 'db;dur=3, app;dur=5.5', 'etag', '"x"']],
    [['server-timing', 'app;dur=5.5', 'server-timing', 'db;dur=3']],
  ])('say how long the server worked: %j', (raw) => {
    expect(replyFacts(raw)).toEqual({ serverMs: 5.5, stream: false });
    expect(replyFacts(bytes(...raw))).toEqual({ serverMs: 5.5, stream: false });
  });

  it.each([
    [['content-type', 'text/event-stream']],
    [['Content-Type', 'Text/Event-Stream; charset=utf-8']],
    [['server-timing', 'app;dur=5', 'content-type', 'text/event-stream']],
    [['content-type', 'text/event-stream', 'server-timing', 'app;dur=5']],
  ])('say that it streams, and then nothing of its time: %j', (raw) => {
    expect(replyFacts(raw)).toEqual({ serverMs: undefined, stream: true });
    expect(replyFacts(bytes(...raw))).toEqual({ serverMs: undefined, stream: true });
  });

  it('mean the same on two lines and joined by a comma (RFC 9110, 5.3)', () => {
    const [first, second] = ['app;dur=100', 'app;dur=5'];
    const apart = replyFacts(['server-timing', first, 'server-timing', second]);
    expect(replyFacts(['server-timing', `${first}, ${second}`])).toEqual(apart);
  });

  it('may be thousands', () => {
    const raw = Array.from({ length: 20_000 }, (_, i) => (i % 2 ? 'a'.repeat(13) : 'x-header-num'));
    expect(replyFacts([...raw, 'server-timing', 'app;dur=5'])).toMatchObject({ serverMs: 5 });
  });

  it('may hold thousands of entries, of which few are read', () => {
    const many = Array.from({ length: 50_000 }, (_, i) => `e${i};dur=1`).join(',');
    expect(replyFacts(['server-timing', many])).toEqual(NOTHING);
  });
});

describe('what proxies and others say of the time', () => {
  const facts = (...raw: string[]) => {
    expect(replyFacts(bytes(...raw))).toEqual(replyFacts(raw));
    return replyFacts(raw);
  };

  it.each([
    ['x-envoy-upstream-service-time', '12', 12],
    ['X-Response-Time', '12.5ms', 12.5],
    ['x-response-time', '0.25 s', 250],
  ])('%s: %s is %d ms', (name, value, ms) => {
    expect(facts(name, value)).toMatchObject({ serverMs: ms, stream: false });
  });

  it.each([
    ['x-response-time', '12'], // ms or s?
    ['x-response-time', 'fast'],
    ['x-envoy-upstream-service-time', '12ms'],
    ['x-envoy-upstream-service-time', '-1'],
    ['x-envoy-upstream-service-time', '99999999'],
    ['x-request-id-123', '12ms'],
  ])('is not guessed from %s: %s', (name, value) => {
    expect(facts(name, value).serverMs).toBeUndefined();
  });

  it('counts less than what the server says itself', () => {
    const envoy = ['x-envoy-upstream-service-time', '50'];
    expect(facts(...envoy, 'server-timing', 'app;dur=7.000').serverMs).toBe(7);
    expect(facts('server-timing', 'app;dur=7.000', ...envoy).serverMs).toBe(7);
    expect(facts('x-response-time', '9ms', ...envoy).serverMs).toBe(50);
  });

  it('tells the wait for the event loop apart', () => {
    expect(facts('server-timing', 'app;dur=7.000, loop;dur=3.500')).toEqual({
      ...{ serverMs: 7, queueMs: 3.5, stream: false },
    });
    expect(facts('server-timing', 'cache;dur=1')).toEqual(NOTHING);
  });
});
