import { describe, expect, it } from 'vitest';
import {
  type Config,
  type ConfigOptions,
  PRESETS,
  readConfig,
  settingsTable,
  variableOf,
} from '../src/config.ts';

/** What was said when it was refused. */
function refusal(options: object, environment: Record<string, string> = {}): unknown {
  try {
    return readConfig(options, environment);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_TARDY_CONFIG' });
    return (error as Error).message;
  }
}

const DEFAULTS: Config = {
  enabled: true,
  targetRate: 0.001,
  minMs: 1,
  maxMs: 60_000,
  initialMs: 10_000,
  windowMs: 300_000,
  enforce: false,
  mode: 'enforce',
  rules: [],
  listenOn: 0,
  peers: [],
  heartbeatMs: 1000,
  suspectPhi: 8,
  workerResponder: false,
  maxOffsetMs: 500,
  maxDriftPpm: 200,
  ntpServers: [],
  localTime: true,
  clockHeader: true,
  hlcHeader: false,
  maxPeers: 1024,
  maxRoutesPerPeer: 64,
  maxHistograms: 2000,
  maxSeries: 20_000,
  peersByAddress: false,
  exclude: [],
  serverTiming: true,
  stateIntervalMs: 60_000,
  sdk: 'auto',
  quiet: false,
  pauseTickMs: 20,
  pauseThread: false,
  pauseLateMs: 20,
};

/** Every setting as text in the environment, and what it means. None is its default. */
const SETTINGS: readonly (readonly [keyof Config, string, unknown])[] = [
  ['enabled', 'false', false],
  ['preset', 'wan', 'wan'],
  ['targetRate', '0.01', 0.01],
  ['minMs', '2.5', 2.5],
  ['maxMs', '5000', 5000],
  ['initialMs', '700', 700],
  ['windowMs', '60000', 60_000],
  ['enforce', 'true', true],
  ['mode', 'shadow', 'shadow'],
  ['rules', '[{"peer":"a:80","mode":"off"}]', [{ peer: 'a:80', mode: 'off' }]],
  ['listenOn', '0.02', 0.02],
  ['peers', 'http://a:1, b=http://c:2', ['http://a:1', 'b=http://c:2']],
  ['nodeName', 'a:1', 'a:1'],
  ['heartbeatMs', '500', 500],
  ['suspectPhi', '5', 5],
  ['udpPort', '7946', 7946],
  ['workerResponder', 'true', true],
  ['maxOffsetMs', '50', 50],
  ['maxDriftPpm', '100', 100],
  ['ntpServers', 'ntp.example, [::1]:1123', ['ntp.example', '[::1]:1123']],
  ['localTime', 'off', false],
  ['clockHeader', 'off', false],
  ['hlcHeader', 'on', true],
  ['maxPeers', '10', 10],
  ['maxRoutesPerPeer', '5', 5],
  ['maxHistograms', '100', 100],
  ['maxSeries', '500', 500],
  ['peersByAddress', '1', true],
  ['exclude', 'http://a:80/poll, http://b', ['http://a:80/poll', 'http://b']],
  ['serverTiming', 'off', false],
  ['stateFile', '/tmp/tardy.json', '/tmp/tardy.json'],
  ['stateIntervalMs', '1000', 1000],
  ['sdk', 'own', 'own'],
  ['quiet', 'on', true],
  ['pauseTickMs', '50', 50],
  ['pauseThread', 'on', true],
  ['pauseLateMs', '30', 30],
];

describe('the settings', () => {
  it('have these defaults', () => expect(readConfig({}, {})).toEqual(DEFAULTS));

  it('are all tried here', () => {
    const names = settingsTable().map(({ option }) => option);
    expect(SETTINGS.map(([option]) => option).sort()).toEqual(names.sort());
  });

  it.each(SETTINGS)('%s comes from the environment as %j', (option, text, value) => {
    const config = readConfig({}, { [variableOf(option)]: text });
    expect(config[option]).toEqual(value);
    expect(config[option]).not.toEqual(DEFAULTS[option]);
  });

  it.each(SETTINGS)('%s comes from the options, as text or as it is', (option, text, value) => {
    expect(readConfig({ [option]: text }, {})[option]).toEqual(value);
    expect(readConfig({ [option]: value }, {})[option]).toEqual(value);
  });

  it.each(SETTINGS)('%s of the options wins over the environment', (option, text) => {
    const theirs = { [variableOf(option)]: text };
    const other = { ...DEFAULTS, preset: 'lan', stateFile: 'x', nodeName: 'x', udpPort: 1 }[option];
    expect(readConfig({ [option]: other }, theirs)[option]).toEqual(other);
  });

  it('that are undefined or empty are as if not given', () => {
    const options = { maxMs: undefined, preset: undefined } as unknown as ConfigOptions;
    expect(readConfig(options, { TARDY_MIN_MS: '', TARDY_STATE_FILE: '' })).toEqual(DEFAULTS);
  });

  it.each([
    ['true', true],
    ['1', true],
    ['on', true],
    ['false', false],
    ['0', false],
    ['off', false],
  ])('that are switches take %s', (text, value) => {
    expect(readConfig({}, { TARDY_QUIET: text }).quiet).toBe(value);
    expect(readConfig({}, { TARDY_ENABLED: text }).enabled).toBe(value);
  });

  it('leave the variables of others alone', () => {
    const environment = { TARDY_SECRET: 'x', TARDY_URL: 'y', TARDY_VERIFY: '1', PATH: '/bin' };
    expect(readConfig({}, environment)).toEqual(DEFAULTS);
  });

  it('have a variable, a meaning and a default each', () => {
    for (const { option, variable, text, byDefault } of settingsTable()) {
      expect(variable).toMatch(/^TARDY_[A-Z]+(_[A-Z]+)*$/);
      expect(text.length, option).toBeGreaterThan(5);
      expect(byDefault).toEqual((DEFAULTS as Record<string, unknown>)[option]);
    }
  });

  it('that are lists hold no empty entries: they would match everything', () => {
    expect(readConfig({}, { TARDY_EXCLUDE: 'http://a,, http://b ,' }).exclude).toEqual([
      'http://a',
      'http://b',
    ]);
  });
});

describe('a preset', () => {
  it.each(Object.entries(PRESETS))('%s overrides the defaults', (preset, values) => {
    expect(readConfig({ preset: preset as 'lan' }, {})).toMatchObject(values);
    expect(readConfig({}, { TARDY_PRESET: preset })).toMatchObject(values);
  });

  it('is overridden by what is set besides', () => {
    const config = readConfig({ preset: 'wan', maxMs: 9000 }, { TARDY_INITIAL_MS: '800' });
    expect(config).toMatchObject({ maxMs: 9000, initialMs: 800, windowMs: 900_000 });
  });

  it('of the options wins over one of the environment, whole', () => {
    expect(readConfig({ preset: 'lan' }, { TARDY_PRESET: 'wan' })).toEqual({
      ...DEFAULTS,
      ...PRESETS.lan,
      preset: 'lan',
    });
  });

  it('that does not exist is refused', () => {
    expect(refusal({ preset: 'moon' })).toBe(
      'preset is "moon": allowed are local, lan, wan ' +
        '(start from settings for one machine, one data centre, or across regions)',
    );
  });
});

describe('a value out of range', () => {
  it.each([
    [{ targetRate: 0 }, 'targetRate is 0: must be > 0 '],
    [{ targetRate: 0.6 }, 'targetRate is 0.6: must be <= 0.5 '],
    [{ maxMs: -5 }, 'maxMs is -5: must be > 0 '],
    [{ maxMs: 1e12 }, 'maxMs is 1000000000000: must be <= 86400000 '],
    [{ maxMs: Infinity }, 'maxMs is Infinity: '],
    [{ maxMs: NaN }, 'maxMs is NaN: '],
    [{ maxMs: 'soon' }, 'maxMs is "soon": '],
    [{ maxPeers: 1.5 }, 'maxPeers is 1.5: '],
    [{ maxPeers: 0 }, 'maxPeers is 0: must be > 0 '],
    [{ sdk: 'none' }, 'sdk is "none": allowed are auto, own, off '],
    [{ quiet: 'yes' }, 'quiet is "yes": allowed are true and false '],
    [{ stateFile: 5 }, 'stateFile is 5: '],
    [{ exclude: [5] }, 'exclude is '],
    [{ minMs: null }, 'minMs is null: '],
    [{ minMs: true }, 'minMs is true: '],
    [{ minMs: [5] }, 'minMs is '],
    [{ maxPeers: new Date(5) }, 'maxPeers is '],
  ])('is refused by name, with the value and what is allowed: %j', (options, start) => {
    expect(String(refusal(options)).slice(0, start.length)).toBe(start);
  });

  it('of the environment is refused by the name of the variable', () => {
    expect(refusal({}, { TARDY_MAX_MS: '-5' })).toBe(
      'TARDY_MAX_MS is "-5": must be > 0 (never advise more, in ms)',
    );
  });

  it('is refused together with all others', () => {
    const message = refusal({ maxMs: -1, minMs: -2 }, { TARDY_QUIET: 'maybe' });
    expect(String(message).split('; ').sort()).toEqual([
      'TARDY_QUIET is "maybe": allowed are true and false (no start-up line)',
      'maxMs is -1: must be > 0 (never advise more, in ms)',
      'minMs is -2: must be > 0 (never advise less, in ms)',
    ]);
  });

  it('is shown shortly, on one line', () => {
    const message = String(refusal({ sdk: `a\nb${'x'.repeat(10_000)}` }));
    expect(message.length).toBeLessThan(300);
    expect(message).not.toContain('\n');
  });

  it('is refused when the floor is above the ceiling, wherever they come from', () => {
    const message = 'minMs must not be above maxMs; got minMs 50, maxMs 20';
    expect(refusal({ minMs: 50, maxMs: 20 })).toBe(message);
    expect(refusal({ minMs: 50 }, { TARDY_MAX_MS: '20' })).toBe(message);
    expect(refusal({ minMs: 20, maxMs: 20 })).toMatchObject({ minMs: 20, maxMs: 20 });
    expect(refusal({ preset: 'local', minMs: 20_000 })).toBe(
      'minMs must not be above maxMs; got minMs 20000, maxMs 10000',
    );
  });
});

describe('a setting that does not exist', () => {
  it.each([
    [{ targetrate: 0.1 }, {}, 'targetrate is no setting; did you mean targetRate'],
    [{ maxMS: 5 }, {}, 'maxMS is no setting; did you mean maxMs'],
    [{ windowsMs: 5 }, {}, 'windowsMs is no setting; did you mean windowMs'],
    [
      {},
      { TARDY_TARGETRATE: '1' },
      'TARDY_TARGETRATE is no setting; did you mean TARDY_TARGET_RATE',
    ],
    [{}, { TARDY_MAXMS: '1' }, 'TARDY_MAXMS is no setting; did you mean TARDY_MAX_MS'],
  ])('is refused with the one that was meant: %j %j', (options, environment, message) => {
    expect(refusal(options, environment as Record<string, string>)).toBe(message);
  });

  it('is refused with all that exist when none is near', () => {
    const message = String(refusal({ colour: 'red' }));
    expect(message).toMatch(/^colour is no setting; known are enabled, preset, targetRate, /);
    expect(message).toContain('pauseLateMs');
  });

  it('is refused also when every object has it', () => {
    expect(String(refusal({ toString: 5 }))).toMatch(/^toString is no setting/);
    expect(String(refusal({ hasOwnProperty: 5 }))).toMatch(/^hasOwnProperty is no setting/);
  });
});

describe('the name of a variable', () => {
  it.each([
    ['enabled', 'TARDY_ENABLED'],
    ['targetRate', 'TARDY_TARGET_RATE'],
    ['maxRoutesPerPeer', 'TARDY_MAX_ROUTES_PER_PEER'],
    ['stateIntervalMs', 'TARDY_STATE_INTERVAL_MS'],
  ])('of %s is %s', (option, variable) => expect(variableOf(option)).toBe(variable));
});
