/**
 * How long quotas held us back: `cpu.stat` of our cgroup and of those around it, v1 or v2.
 *
 * A quota of a cgroup around ours counts there only. Files of groups without a quota are not
 * read: in v2 that may cost the kernel a sum over many groups.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import { numberOf, ProcFile } from './proc-file.ts';

/** Groups around ours that are looked at, from the inside. */
const DEPTH_MAX = 8;
const NS_PER_MS = 1e6;
const US_PER_MS = 1e3;

/** `throttled_time` (v1, ns) or `throttled_usec` (v2) of a `cpu.stat`, in ms. */
export function parseThrottledMs(text: string | undefined): number | undefined {
  const field = (name: string) =>
    numberOf(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1]);
  const ns = field('throttled_time');
  const us = field('throttled_usec');
  if (us !== undefined) return us / US_PER_MS;
  return ns === undefined ? undefined : ns / NS_PER_MS;
}

/**
 * The folders of the groups that may limit our CPU time, ours first, from the texts of
 * `/proc/self/cgroup` and `/proc/self/mountinfo`. Of v1, those of the `cpu` controller; v2 if it
 * is not mounted as v1.
 */
export function cpuGroups(cgroups: string, mounts: string): string[] {
  const lines = cgroups.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  const pathOf = (isIt: (controllers: string) => boolean) =>
    lines.find((line) => line && isIt(line[1] as string))?.[2];
  const v1 = pathOf((controllers) => controllers.split(',').includes('cpu'));
  const v2 = pathOf((controllers) => controllers === '');
  const all = mounts.split('\n').flatMap((line) => mountOf(line) ?? []);
  const mount1 = all.find(({ type, options }) => type === 'cgroup' && options.includes('cpu'));
  if (v1 !== undefined && mount1) return upwards(mount1, v1);
  const mount2 = all.find(({ type }) => type === 'cgroup2');
  return v2 !== undefined && mount2 ? upwards(mount2, v2) : [];
}

interface Mount {
  /** The part of the hierarchy that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** `id parent major:minor root point options [tags] - type source superoptions` */
function mountOf(line: string): Mount | undefined {
  const [left, right] = line.split(' - ');
  const [, , , root, point] = left?.split(' ') ?? [];
  const [type, , options = ''] = right?.split(' ') ?? [];
  if (root === undefined || point === undefined || type === undefined) return undefined;
  return { root, point, type, options: options.split(',') };
}

/** In a container, only a part is mounted, and the path may be told as seen from outside. */
function upwards({ root, point }: Mount, path: string): string[] {
  const from = root === '/' ? '' : root;
  const inside = path === from || path.startsWith(`${from}/`) ? path.slice(from.length) : '';
  const folders: string[] = [];
  let folder = posix.join(point, posix.normalize(`/${inside}`)).replace(/\/$/, '');
  while (folders.length < DEPTH_MAX) {
    folders.push(folder);
    if (folder === point) break;
    folder = posix.dirname(folder);
  }
  return folders;
}

/** Whether a group has a quota, from `cpu.max` (v2) or `cpu.cfs_quota_us` (v1). */
export function hasQuota(text: string | undefined): boolean {
  return text !== undefined && /^[1-9]\d*\b/.test(text);
}

/** Reads what is limited now; `refresh` looks again at where we are and what limits there are. */
export class CgroupProbe {
  #cgroups: string | undefined;
  #folders: readonly string[] = [];
  #limited = '';
  #files: { readonly file: ProcFile; readonly fromMs: number }[] = [];

  /**
   * `windowMs`: how long ago it was last known that nothing else limits us. What a new limit has
   * held back since it exists is of that time if it is no more than that; else nobody knows.
   */
  refresh(windowMs: number): void {
    this.#findFolders(textOf('/proc/self/cgroup') ?? '');
    const limited = this.#folders.filter((folder) => hasQuota(quotaOf(folder)));
    if (limited.join() === this.#limited) return;
    this.#limited = limited.join();
    this.close();
    this.#files = limited.map((folder) => {
      const file = new ProcFile(`${folder}/cpu.stat`);
      const totalMs = throttledMsOf(file);
      // Each CPU that holds a thread of ours back counts for itself.
      const isOfWindow = totalMs <= windowMs * availableParallelism();
      return { file, fromMs: isOfWindow ? 0 : totalMs };
    });
  }

  /** Added up; 0 without a quota. */
  readMs(): number {
    return this.#files.reduce((sum, { file, fromMs }) => sum + throttledMsOf(file) - fromMs, 0);
  }

  close(): void {
    for (const { file } of this.#files.splice(0)) file.close();
  }

  /** Mounts may be many: they are read only when we are in another group. */
  #findFolders(cgroups: string): void {
    if (cgroups === this.#cgroups) return;
    this.#cgroups = cgroups;
    this.#folders = cpuGroups(cgroups, textOf('/proc/self/mountinfo') ?? '');
  }
}

function throttledMsOf(file: ProcFile): number {
  return parseThrottledMs(file.read()) ?? 0;
}

function quotaOf(folder: string): string | undefined {
  return textOf(`${folder}/cpu.max`) ?? textOf(`${folder}/cpu.cfs_quota_us`);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // no such file here, or not allowed
  }
}
