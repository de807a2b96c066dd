/**
 * The rules of the house as pure functions: sources in, offenders out (`path:line what`).
 * `test/tidy.test.ts` runs them over the repository, and over examples that break each rule, so
 * that a checker that has gone blind is noticed. Everything is read from the syntax tree: a
 * banned word in a comment or a string is no offence.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import {
  commentsOf,
  functionsOf,
  importsOf,
  lineOf,
  parse,
  stringsOf,
  visit,
  type Import,
  type Source,
} from './syntax.ts';

export type { Source } from './syntax.ts';

export const MAX_FILE_LINES = 400;
export const MAX_FUNCTION_LINES = 70;

/** Pure folders: time comes in as an argument. */
const CORE_FOLDERS = [
  ...[
    'histogram',
    'timeout',
    'detector',
    'membership',
    'clock',
    'pause',
    'lease',
    'peers',
    'testing',
  ],
].map((name) => `src/${name}/`);

/** What the core may import besides itself. */
const CORE_FILES = ['src/errors.ts'];
const CORE_PACKAGES = ['hdr-histogram-js', 'simple-statistics'];

/** Where everything is wired: they may import all, and only they may import one another. */
const ENTRY_FILES = [
  ...[
    'index',
    'tardy',
    'register',
    'express',
    'fetch',
    'instrumentation',
    'startup',
    'histogram',
    'lease',
  ],
].map((file) => `src/${file}.ts`);
const CLI_FOLDER = 'src/cli/';

/** The one thing a dashboard knows of the rest: which metrics there are. */
const METRIC_TABLE = 'src/telemetry/metrics.ts';

type Layer = 'core' | 'edge' | 'entry' | 'dashboards' | 'outside';

function layerOf(path: string): Layer {
  if (CORE_FILES.includes(path) || CORE_FOLDERS.some((f) => path.startsWith(f))) return 'core';
  if (ENTRY_FILES.includes(path) || path.startsWith(CLI_FOLDER)) return 'entry';
  if (path.startsWith('src/') || path.startsWith('collectors/')) return 'edge';
  return path.startsWith('dashboards/') ? 'dashboards' : 'outside';
}

/** Imports flow one way: core ← edge ← entries; dashboards ← metric table. */
export function importDirection(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    importsOf(source).flatMap((found) => {
      const reason = forbidden(source.path, found);
      return reason === undefined ? [] : [at(source, found, `imports ${found.name}: ${reason}`)];
    }),
  );
}

function forbidden(from: string, { name }: Import): string | undefined {
  const layer = layerOf(from);
  if (!name.startsWith('.')) return forbiddenPackage(layer, name);
  const target = targetOf(from, name);
  const targetLayer = layerOf(target);
  switch (layer) {
    case 'core':
      return targetLayer === 'core' ? undefined : 'the core imports only the core';
    case 'edge':
      return targetLayer === 'core' || targetLayer === 'edge'
        ? undefined
        : 'the edge imports the core and the edge';
    case 'dashboards':
      return targetLayer === 'dashboards' || target === METRIC_TABLE
        ? undefined
        : `dashboards know only ${METRIC_TABLE}`;
    case 'entry':
      return targetLayer === 'outside' ? 'the package imports only itself' : undefined;
    case 'outside':
      return undefined;
  }
}

function forbiddenPackage(layer: Layer, name: string): string | undefined {
  if (layer !== 'core' || CORE_PACKAGES.includes(name)) return undefined;
  return `the core imports only ${CORE_PACKAGES.join(', ')}`;
}

/** Clocks, timers, dice, sockets and surroundings that are there without an import. */
const BANNED_GLOBALS = new Set([
  ...['process', 'performance', 'crypto', 'fetch', 'WebSocket', 'EventSource'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
  ...['clearTimeout', 'clearInterval', 'clearImmediate', 'require'],
]);
const BANNED_MEMBERS = new Map([
  ['Date', new Set(['now'])],
  ['Math', new Set(['random'])],
  ['AbortSignal', new Set(['timeout'])],
]);
const BANNED_ANYWHERE = new Set(['hrtime']);

/** The core reads no clock, arms no timer, opens no socket and rolls no die. */
export function bannedInCore(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => layerOf(path) === 'core')
    .flatMap((source) => {
      const offenders: string[] = [];
      visit(parse(source), (node) => {
        const what = bannedUse(node);
        if (what !== undefined) offenders.push(at(source, node, `${what}: not in the core`));
      });
      return offenders;
    });
}

function bannedUse(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return bannedMember(node.expression, node.name.text);
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return bannedMember(node.expression, node.argumentExpression.text);
  }
  if (ts.isNewExpression(node) && !node.arguments?.length && isNamed(node.expression, 'Date')) {
    return 'new Date()';
  }
  if (ts.isCallExpression(node) && isNamed(node.expression, 'Date')) return 'Date()';
  return ts.isIdentifier(node) ? bannedName(node) : undefined;
}

function bannedMember(object: ts.Expression, member: string): string | undefined {
  if (BANNED_ANYWHERE.has(member)) return member;
  if (!ts.isIdentifier(object)) return undefined;
  const ofGlobal = object.text === 'globalThis' || object.text === 'global';
  const banned = ofGlobal ? BANNED_GLOBALS : BANNED_MEMBERS.get(object.text);
  return banned?.has(member) ? `${object.text}.${member}` : undefined;
}

/** A bare banned name, used as a value. A member of the same name (`clock.setTimeout`) is fine. */
function bannedName(node: ts.Identifier): string | undefined {
  if (!BANNED_GLOBALS.has(node.text) || isMemberName(node) || ts.isPartOfTypeNode(node)) {
    return undefined;
  }
  return node.text;
}

/** The name of a property, of a method, of an argument in a type: not a use of the global. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent) || ts.isTypeQueryNode(parent)) return true;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  if (ts.isParameter(parent)) return ts.isFunctionTypeNode(parent.parent);
  return (ts.isTypeElement(parent) || isNamedMember(parent)) && parent.name === node;
}

function isNamedMember(node: ts.Node): node is ts.ClassElement | ts.PropertyAssignment {
  return ts.isClassElement(node) || ts.isPropertyAssignment(node);
}

function isNamed(node: ts.Expression, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** Files that are too long to hold one concept. */
export function longFiles(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, '').split('\n').length;
    return lines > MAX_FILE_LINES ? [`${path}:1 ${lines} lines, at most ${MAX_FILE_LINES}`] : [];
  });
}

/** Functions that are too long; blank lines and comments are not counted. */
export function longFunctions(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    functionsOf(source)
      .filter(({ codeLines }) => codeLines > MAX_FUNCTION_LINES)
      .map(({ line, name, codeLines }) =>
        at(source, { line }, `${name} has ${codeLines} lines, at most ${MAX_FUNCTION_LINES}`),
      ),
  );
}

const ESCAPES = /@ts-(?:ignore|expect-error|nocheck)|eslint-(?:disable|enable)|prettier-ignore/;

/** Ways around the checks: the type `any`, and comments that switch a check off. */
export function escapes(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const offenders: string[] = [];
    visit(parse(source), (node) => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) offenders.push(at(source, node, 'type any'));
    });
    for (const { line, text } of commentsOf(source)) {
      const found = ESCAPES.exec(text)?.[0];
      if (found !== undefined) offenders.push(at(source, { line }, found));
    }
    return offenders;
  });
}

const LEFTOVER = /\b(?:TODO|FIXME|XXX)\b/;

/** Notes to do it later, in comments and in strings. */
export function leftovers(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    [...commentsOf(source), ...stringsOf(source)].flatMap(({ line, text }) => {
      const found = LEFTOVER.exec(text)?.[0];
      return found === undefined ? [] : [at(source, { line }, found)];
    }),
  );
}

/** Node runs the sources as they are, so a relative import names the file that is there. */
export function importExtensions(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    importsOf(source)
      .filter(({ name, kind }) => kind === 'import' && name.startsWith('.'))
      .filter(({ name }) => !/\.(?:ts|json)$/.test(name))
      .map((found) => at(source, found, `${found.name}: a relative import ends in .ts`)),
  );
}

/** Modules that no entry of the package reaches: nobody can use them. */
export function deadFiles(sources: readonly Source[], entries: readonly string[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<string>();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const source = byPath.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    queue.push(...importsOf(source).map(({ name }) => targetOf(source.path, name)));
  }
  return [...byPath.keys()]
    .filter((path) => !reached.has(path))
    .map((path) => `${path}:1 no entry of package.json reaches it`);
}

/** Entries that package.json promises and no source stands behind. */
export function missingEntries(sources: readonly Source[], entries: readonly string[]): string[] {
  const paths = new Set(sources.map(({ path }) => path));
  return entries.filter((entry) => !paths.has(entry)).map((entry) => `${entry}:1 is not there`);
}

/** The source files behind `exports` and `bin` of a package.json: `./dist/x.js` is `x.ts`. */
export function entriesOf(manifest: unknown): string[] {
  const { exports, bin } = manifest as { exports?: unknown; bin?: unknown };
  const targets = [exports, bin].flatMap(stringsIn).filter((target) => target.endsWith('.js'));
  return [
    ...new Set(targets.map((target) => target.replace(/^\.\/dist\//, '').replace(/js$/, 'ts'))),
  ];
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

/** What a relative name means; in a URL it is the built file's name, which ends in .js. */
function targetOf(from: string, name: string): string {
  return posix.join(posix.dirname(from), name).replace(/\.js$/, '.ts');
}

function at(source: Source, where: ts.Node | { readonly line: number }, what: string): string {
  const line = 'line' in where ? where.line : lineOf(where);
  return `${source.path}:${line} ${what}`;
}
