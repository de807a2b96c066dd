import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/node-versions.ts';
import * as tidy from './support/tidy.ts';

const CODE = ['src', 'collectors', 'dashboards'];
const ALL = [...CODE, 'test', 'scripts', 'bench', 'examples'];

/** Programs that tests run are written as users write; generated files as their tool does. */
const NOT_OURS = /\/(?:fixtures|generated|node_modules)\//;

/** This file quotes what it forbids. */
const EXAMPLES = 'test/tidy.test.ts';

function read(folders: readonly string[]): tidy.Source[] {
  return folders
    .flatMap((folder) => list(folder))
    .filter((path) => path.endsWith('.ts') && !NOT_OURS.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

function list(folder: string): string[] {
  try {
    const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    return names.map((name) => `${folder}/${name.split(sep).join('/')}`);
  } catch {
    return []; // a folder that is not there yet
  }
}

/** A source out of lines; without a path, a file of the core. */
function source(lines: string | readonly string[], path = 'src/clock/a.ts'): tidy.Source {
  return { path, text: typeof lines === 'string' ? lines : lines.join('\n') };
}

describe('the repository', () => {
  const code = read(CODE);
  const all = read(ALL);
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const entries = tidy.entriesOf(manifest);

  it('is read', () => {
    expect(code.length).toBeGreaterThan(0);
    expect(all.map(({ path }) => path)).toContain(EXAMPLES);
  });

  it('imports in one direction', () => {
    expect(tidy.importDirection(code)).toEqual([]);
  });

  it('reads no clock, arms no timer, opens no socket and rolls no die in the core', () => {
    expect(tidy.bannedInCore(code)).toEqual([]);
  });

  it(`has no file over ${tidy.MAX_FILE_LINES} lines`, () => {
    expect(tidy.longFiles(code)).toEqual([]);
  });

  it(`has no function over ${tidy.MAX_FUNCTION_LINES} lines`, () => {
    expect(tidy.longFunctions(code)).toEqual([]);
  });

  it('has no way around the checks', () => {
    expect(tidy.escapes(all)).toEqual([]);
  });

  it('has every entry that package.json promises', () => {
    expect(tidy.missingEntries(code, entries)).toEqual([]);
  });

  it('has no file that no entry of the package reaches', () => {
    const shipped = code.filter(({ path }) => !path.startsWith('dashboards/'));
    expect(tidy.deadFiles(shipped, entries)).toEqual([]);
  });

  it('names the files it imports', () => {
    expect(tidy.importExtensions(all)).toEqual([]);
  });

  it('has no note to do it later', () => {
    expect(tidy.leftovers(all.filter(({ path }) => path !== EXAMPLES))).toEqual([]);
  });
});

describe('importDirection', () => {
  const one = (path: string, text: string): string[] =>
    tidy.importDirection([source(text, path)]).map((offender) => offender.split(' ')[0]!);

  it.each([
    ['core imports the edge', 'src/timeout/a.ts', `import { b } from '../apply/b.ts';`],
    [
      'core imports a type of the edge',
      'src/timeout/a.ts',
      `import type { B } from '../api/b.ts';`,
    ],
    ['core imports an entry', 'src/timeout/a.ts', `export * from '../index.ts';`],
    ['core imports configuration', 'src/peers/a.ts', `import { c } from '../config.ts';`],
    ['core imports a collector', 'src/pause/a.ts', `import '../../collectors/runtime.ts';`],
    ['core imports lazily', 'src/lease/a.ts', `const b = await import('../cli/b.ts');`],
    ['core imports a type inline', 'src/lease/a.ts', `type B = import('../cli/b.ts').B;`],
    ['core imports Node', 'src/clock/a.ts', `import { a } from 'node:assert';`],
    ['core imports another package', 'src/clock/a.ts', `import { z } from 'zod';`],
    ['edge imports the composition root', 'src/apply/a.ts', `import { t } from '../tardy.ts';`],
    ['edge imports the CLI', 'src/api/a.ts', `import { t } from '../cli/b.ts';`],
    ['edge imports an entry', 'src/config.ts', `import { t } from './express.ts';`],
    ['collector imports register', 'collectors/a.ts', `import '../src/register.ts';`],
    ['edge imports a dashboard', 'src/api/a.ts', `import '../../dashboards/b.ts';`],
    ['entry imports a test', 'src/cli/a.ts', `import '../../test/b.ts';`],
    ['dashboards import the core', 'dashboards/a.ts', `import '../src/timeout/index.ts';`],
  ])('sees that the %s', (_, path, text) => {
    expect(one(path, text)).toEqual([`${path}:1`]);
  });

  it.each([
    ['src/timeout/a.ts', `import { b } from '../histogram/b.ts'; import e from '../errors.ts';`],
    ['src/histogram/a.ts', `import h from 'hdr-histogram-js'; import s from 'simple-statistics';`],
    ['src/apply/a.ts', `import '../timeout/b.ts'; import '../config.ts'; import 'node:http';`],
    ['collectors/a.ts', `import '../src/pause/b.ts'; import './b.ts'; import 'express';`],
    ['src/register.ts', `import './tardy.ts'; import '../collectors/b.ts'; import './api/c.ts';`],
    ['src/cli/a.ts', `import '../tardy.ts'; import '../../dashboards/b.ts';`],
    ['dashboards/a.ts', `import '../src/telemetry/metrics.ts'; import './b.ts'; import 'zod';`],
    ['test/a.ts', `import '../src/tardy.ts';`],
  ])('lets pass what %s may import', (path, text) => {
    expect(one(path, text)).toEqual([]);
  });

  it('sees every module of Node that reads a clock, arms a timer or opens something', () => {
    const names = ['net', 'dgram', 'http', 'https', 'fs', 'timers', 'perf_hooks', 'process'];
    const spellings = names.flatMap((name) => [name, `node:${name}`, `node:${name}/promises`]);
    const sources = spellings.map((name) => source(`import * as a from '${name}';`));
    expect(tidy.importDirection(sources)).toHaveLength(spellings.length);
  });

  it('says where and what', () => {
    const found = tidy.importDirection([source(['', '', `import { b } from '../apply/b.ts';`])]);
    expect(found).toEqual([
      'src/clock/a.ts:3 imports ../apply/b.ts: the core imports only the core',
    ]);
  });
});

describe('bannedInCore', () => {
  it.each([
    ['Date.now()'],
    [`Date['now']()`],
    ['const now = Date.now'],
    ['new Date()'],
    ['new Date'],
    ['Date()'],
    ['performance.now()'],
    ['globalThis.performance.now()'],
    [`globalThis['setTimeout'](f)`],
    ['process.hrtime()'],
    ['process.env'],
    ['clock.hrtime()'],
    ['setTimeout(f, 1)'],
    ['setInterval(f, 1)'],
    ['setImmediate(f)'],
    ['queueMicrotask(f)'],
    ['run(setTimeout)'],
    ['run({ setTimeout })'],
    ['Math.random()'],
    ['const roll = Math.random'],
    ['crypto.randomUUID()'],
    ['AbortSignal.timeout(1)'],
    [`fetch('http://a')`],
    [`require('fs')`],
  ])('sees %s', (text) => {
    expect(tidy.bannedInCore([source(['', text])])).not.toEqual([]);
    expect(tidy.bannedInCore([source(['', text])])[0]).toMatch(/^src\/clock\/a\.ts:2 /);
  });

  it.each([
    ['clock.setTimeout(f, 1)'],
    ['interface Clock { setTimeout(f: () => void): void; process: string }'],
    ['class Clock { setTimeout(): void {} }'],
    ['const o = { process: 1 }'],
    ['type Arm = typeof setTimeout'],
    ['new Date(wallMs)'],
    ['Date.UTC(2026, 1)'],
    ['Math.max(1, 2)'],
    ['// Date.now() is not for here'],
    [`'Math.random()'`],
  ])('lets %s pass', (text) => {
    expect(tidy.bannedInCore([source(text)])).toEqual([]);
  });

  it('leaves the edge alone', () => {
    expect(tidy.bannedInCore([source('Date.now()', 'src/apply/a.ts')])).toEqual([]);
  });
});

describe('longFiles', () => {
  const file = (lines: number): tidy.Source => source('a;\n'.repeat(lines));

  it('sees one line too many', () => {
    expect(tidy.longFiles([file(400)])).toEqual([]);
    expect(tidy.longFiles([file(401)])).toEqual(['src/clock/a.ts:1 401 lines, at most 400']);
  });
});

describe('longFunctions', () => {
  const body = (lines: number): string[] => Array.from({ length: lines }, () => '  a();');

  it.each([
    ['a function', ['function f() {', ...body(69), '}'], 'f'],
    ['an arrow function', ['const f = () => {', ...body(69), '};'], 'f'],
    ['a method', ['class A { m() {', ...body(69), '} }'], 'm'],
    ['a constructor', ['class A { constructor() {', ...body(69), '} }'], 'constructor'],
    ['a getter', ['class A { get g() {', ...body(69), '} }'], 'g'],
    ['a callback', ['run(() => {', ...body(69), '});'], 'a function'],
  ])('sees %s of 71 lines', (_, lines, name) => {
    const found = tidy.longFunctions([source(['', ...lines])]);
    expect(found).toEqual([`src/clock/a.ts:2 ${name} has 71 lines, at most 70`]);
  });

  it('counts neither blank lines nor comments', () => {
    const padding = ['', '  // why', '  /*', '   * why', '   */', '  /** why */'];
    const lines = ['function f() {', ...body(68), ...padding, ...padding, '}'];
    expect(tidy.longFunctions([source(lines)])).toEqual([]);
  });
});

describe('escapes', () => {
  it.each([
    ['let a: any;', 'type any'],
    ['const a = b as any;', 'type any'],
    ['type A = Record<string, any>;', 'type any'],
    ['// @ts-ignore', '@ts-ignore'],
    ['/* @ts-expect-error */ a();', '@ts-expect-error'],
    ['a(); // @ts-nocheck', '@ts-nocheck'],
    ['// eslint-disable-next-line', 'eslint-disable'],
    ['/* eslint-disable complexity */', 'eslint-disable'],
    ['a();\n// prettier-ignore', 'prettier-ignore'],
  ])('sees %s', (text, what) => {
    const line = text.startsWith('a();\n') ? 2 : 1;
    expect(tidy.escapes([source(text)])).toEqual([`src/clock/a.ts:${line} ${what}`]);
  });

  it('knows the word any from the type', () => {
    const lines = ['// any @type', `const any = 'any @ts-ignore';`, 'f(any.any);'];
    expect(tidy.escapes([source(lines)])).toEqual([]);
  });
});

describe('leftovers', () => {
  it.each([['// TODO: more'], ['/** FIXME */ let a;'], ['/*\nXXX */'], ['throw Error(`TODO`)']])(
    'sees %s',
    (text) => {
      expect(tidy.leftovers([source(text)])).toHaveLength(1);
    },
  );

  it('lets a name pass', () => {
    expect(tidy.leftovers([source('const TODO = f(TODOS); // TODOS')])).toEqual([]);
  });
});

describe('importExtensions', () => {
  it.each([
    [`import { b } from './b';`],
    [`import { b } from './b.js';`],
    [`import type { B } from '../b';`],
    [`export * from './b';`],
    [`await import('./b.mjs');`],
    [`type B = import('./b').B;`],
  ])('sees %s', (text) => {
    expect(tidy.importExtensions([source(text)])).toHaveLength(1);
  });

  it.each([
    [`import { b } from './b.ts';`],
    [`import b from './b.json' with { type: 'json' };`],
    [`import { z } from 'zod';`],
    [`new URL('./b.js', import.meta.url);`],
  ])('lets %s pass', (text) => {
    expect(tidy.importExtensions([source(text)])).toEqual([]);
  });
});

describe('deadFiles', () => {
  const files = (main: string): tidy.Source[] => [
    source(main, 'src/index.ts'),
    source(`export { c } from '../c.ts';`, 'src/a/b.ts'),
    source('export const c = 1;', 'src/c.ts'),
  ];
  const DEAD_B_AND_C = ['src/a/b.ts', 'src/c.ts'].map(
    (path) => `${path}:1 no entry of package.json reaches it`,
  );

  it('sees a file that nobody imports, and what only that file imports', () => {
    expect(tidy.deadFiles(files(''), ['src/index.ts'])).toEqual(DEAD_B_AND_C);
  });

  it.each([
    [`import './a/b.ts';`],
    [`import type { B } from './a/b.ts';`],
    [`await import('./a/b.ts');`],
    [`new Worker(new URL('./a/b.js', import.meta.url));`],
    [`import.meta.resolve('./a/b.js');`],
  ])('follows %s', (main) => {
    expect(tidy.deadFiles(files(main), ['src/index.ts'])).toEqual([]);
  });

  it('is not misled by a comment', () => {
    expect(tidy.deadFiles(files(`// import './a/b.ts';`), ['src/index.ts'])).toEqual(DEAD_B_AND_C);
  });
});

describe('entriesOf', () => {
  it('finds the sources behind exports and bin', () => {
    const exports = {
      '.': { types: './dist/src/index.d.ts', default: './dist/src/index.js' },
      './package.json': './package.json',
    };
    const bin = { tardy: './dist/src/cli/main.js' };
    expect(tidy.entriesOf({ exports, bin })).toEqual(['src/index.ts', 'src/cli/main.ts']);
  });

  it('says which are not there', () => {
    expect(tidy.missingEntries([source('', 'src/a.ts')], ['src/a.ts', 'src/b.ts'])).toEqual([
      'src/b.ts:1 is not there',
    ]);
  });
});
