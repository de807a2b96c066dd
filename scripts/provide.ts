/**
 * Brings what the end-to-end tests need and npm ci does not: programs from Debian, other
 * versions of Node.js, an application on the previous OpenTelemetry SDK. All of it is kept
 * (installed, or in .cache), so only the first run pays.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SDK_0223_DIR, STAMP } from '../test/support/capabilities.ts';
import { missingDebianTools, type DebianTool } from '../test/support/debian.ts';
import {
  findNode,
  nodeCacheDir,
  nodePackageName,
  nodeProgram,
  NODE_VERSIONS,
  ROOT,
} from '../test/support/node-versions.ts';
import { provide, runQuietly, say, type Skip } from './run.ts';

const APT_OPTIONS = ['-y', '-o', 'Acquire::Retries=3', '-o', 'DPkg::Lock::Timeout=120'];
const APT_ENV = { DEBIAN_FRONTEND: 'noninteractive' };

/**
 * The previous SDK line: exactly the packages sdk-node 0.223.0 pins, and the newest API that its
 * peer range (>=1.3.0 <1.10.0) allows.
 */
const SDK_0223_PACKAGES = [
  '@opentelemetry/sdk-node@0.223.0',
  '@opentelemetry/sdk-metrics@2.12.0',
  '@opentelemetry/exporter-prometheus@0.223.0',
  '@opentelemetry/api@1.9.1',
];

/** Installs the Debian programs that are missing. */
export async function provideDebianTools(): Promise<Skip[]> {
  const missing = missingDebianTools();
  if (missing.length === 0) return [];
  const lists = provideAptLists();
  const skips: Skip[] = [];
  // One after the other: apt holds a lock, and one package that fails must not take the others.
  for (const tool of missing) {
    skips.push(...(await provide(tool.name, () => installDebianTool(tool, lists))));
  }
  return skips;
}

/** `apt-get update`; an error if this machine or this user cannot install. */
async function provideAptLists(): Promise<void> {
  if (!existsSync('/usr/bin/apt-get')) throw new Error('it is installed with apt-get: no Debian');
  if (process.getuid?.() !== 0) throw new Error('it is installed with apt-get: not root');
  await runQuietly('apt-get', ['update', ...APT_OPTIONS], { env: APT_ENV });
}

async function installDebianTool(tool: DebianTool, lists: Promise<void>): Promise<string> {
  await lists;
  say(`${tool.name}: installing the Debian package ${tool.package}`);
  const args = ['install', '--no-install-recommends', ...APT_OPTIONS, tool.package];
  try {
    await runQuietly('apt-get', args, { env: APT_ENV });
  } finally {
    for (const service of tool.services) await stopService(service);
  }
  if (!existsSync(tool.binary)) throw new Error(`${tool.package} did not bring ${tool.binary}`);
  return 'installed';
}

/** Debian starts a service it installs; nobody asked for that one. */
async function stopService(service: string): Promise<void> {
  const systemd = existsSync('/run/systemd/system');
  const [command, args] = systemd
    ? ['systemctl', ['disable', '--now', service]]
    : ['service', [service, 'stop']];
  // A service that was never started cannot be stopped: that is what is wanted.
  await runQuietly(command, args).catch(() => undefined);
}

/** Downloads the Node.js versions of the matrix. */
export async function provideNodeVersions(): Promise<Skip[]> {
  const skips = await Promise.all(
    NODE_VERSIONS.map((version) => provide(`node ${version}`, () => installNode(version))),
  );
  return skips.flat();
}

async function installNode(version: string): Promise<string> {
  const found = findNode(version);
  if (found) return found.path === process.execPath ? 'the one running this' : 'in .cache';
  say(`node ${version}: downloading`);
  await installAside(nodeCacheDir(version), async (dir) => {
    await npmInstall(dir, [`${nodePackageName()}@${version}`]);
    if (!(await isNode(nodeProgram(dir), version))) throw new Error('the download does not run');
  });
  return 'downloaded';
}

async function isNode(path: string, version: string): Promise<boolean> {
  const answer = await runQuietly(path, ['--version']).catch(() => '');
  return answer.trim() === `v${version}`;
}

/** Makes the application on the previous SDK, with tardy's dependencies; the build comes later. */
export function provideSdk0223(): Promise<Skip[]> {
  return provide('OpenTelemetry SDK 0.223', installSdk0223);
}

async function installSdk0223(): Promise<string> {
  const stamp = await sdkStamp();
  const kept = await readFile(join(SDK_0223_DIR, STAMP), 'utf8').catch(() => '');
  if (kept === stamp) return 'in .cache';
  say('OpenTelemetry SDK 0.223: downloading');
  await installAside(SDK_0223_DIR, async (dir) => {
    // Without a package.json of its own, `import 'tardy'` in it would mean this repository.
    const app = { name: 'app-on-sdk-0.223', private: true, type: 'module' };
    await writeFile(join(dir, 'package.json'), JSON.stringify(app));
    // Packed and installed as a user's npm would: tardy's own SDK line lands beneath tardy, and
    // the API, its peer, is the application's.
    const packing = ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir];
    const tarball = (await runQuietly('npm', packing)).trim().split('\n').at(-1)!;
    await npmInstall(dir, [...SDK_0223_PACKAGES, join(dir, tarball)]);
    await writeFile(join(dir, STAMP), stamp);
  });
  return 'downloaded';
}

/** Whatever changes the result of the install. */
async function sdkStamp(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const { dependencies, peerDependencies } = manifest as Record<string, unknown>;
  return `${JSON.stringify({ packages: SDK_0223_PACKAGES, dependencies, peerDependencies }, null, 2)}\n`;
}

/** Puts the fresh build into the application on the previous SDK, if there is one. */
export async function refreshSdk0223(): Promise<void> {
  const installed = join(SDK_0223_DIR, 'node_modules', 'tardy');
  if (!existsSync(installed)) return;
  await rm(join(installed, 'dist'), { recursive: true, force: true });
  await cp(join(ROOT, 'dist'), join(installed, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(installed, 'package.json'));
}

function npmInstall(dir: string, packages: readonly string[]): Promise<string> {
  const quiet = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  return runQuietly('npm', ['install', '--prefix', dir, ...quiet, ...packages]);
}

/** Fills a folder next to the real one and swaps it in when done, so a broken one never counts. */
async function installAside(dir: string, fill: (dir: string) => Promise<void>): Promise<void> {
  const aside = `${dir}.${process.pid}`;
  await mkdir(aside, { recursive: true });
  try {
    await fill(aside);
    await rm(dir, { recursive: true, force: true });
    await rename(aside, dir);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
