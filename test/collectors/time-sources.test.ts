import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTimeSources, type TimeSourcesOptions } from '../../collectors/time-sources.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';

function start(options: Partial<TimeSourcesOptions>) {
  const sources = startTimeSources({
    ntpServers: [],
    chrony: false,
    clockbound: false,
    steadyBaseMs: 0,
    wallBase: () => ({ baseMs: 0, errorMs: 0 }),
    diagnostics: new Diagnostics(),
    ...options,
  });
  onTestFinished(() => sources.stop());
  return sources;
}

const namesOf = (options: Partial<TimeSourcesOptions>) =>
  start(options)
    .readings(0)
    .map(({ name }) => name);

describe('the sources of time', () => {
  it('are those that were asked for, each once', () => {
    const ntpServers = ['localhost:1', 'ntp://LOCALHOST:1', '[::1]:2'];
    const sources = start({ ntpServers, chrony: true, chronyPort: 3, clockbound: true });
    const names = ['ntp:localhost:1', 'ntp:[::1]:2', 'chrony', 'clockbound'];
    expect(sources.readings(0).map(({ name }) => name)).toEqual(names);
    expect([...sources.refusals().keys()]).toEqual(names);
    for (const { offset, why } of sources.readings(0)) {
      expect(offset).toBeUndefined();
      expect(why).toBeDefined();
    }
  });

  it('include ClockBound of itself only where it is', () => {
    const dir = mkdtempSync(join(tmpdir(), 'tardy-sources-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    expect(namesOf({ clockbound: 'auto', clockboundPath: dir })).toEqual(['clockbound']);
    expect(namesOf({ clockbound: 'auto', clockboundPath: join(dir, 'shm0') })).toEqual([]);
    expect(namesOf({ clockbound: true, clockboundPath: join(dir, 'shm0') })).toEqual([
      'clockbound',
    ]);
  });

  it('cannot be nonsense, nor too many', () => {
    const error = (pattern: RegExp) =>
      expect.objectContaining({
        code: 'ERR_TARDY_CONFIG',
        message: expect.stringMatching(pattern) as string,
      }) as Error;
    expect(() => start({ ntpServers: ['http://a'] })).toThrow(error(/^NTP server "http:\/\/a" is/));
    const many = Array.from({ length: 17 }, (_, i) => `10.0.0.${i}`);
    expect(() => start({ ntpServers: many })).toThrow(error(/17 NTP servers are too many/));
  });
});
