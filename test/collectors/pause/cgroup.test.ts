import { describe, expect, it } from 'vitest';
import {
  CgroupProbe,
  cpuGroups,
  hasQuota,
  parseThrottledMs,
} from '../../../collectors/pause/cgroup.ts';

const V1_MOUNTS = `22 1 0:20 / / rw,relatime - ext4 /dev/vda rw
31 22 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
33 31 0:30 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset`;
const UNIFIED = '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw';
const V2_MOUNTS = '30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';

describe('cpuGroups', () => {
  it('finds the group and those around it, v1', () => {
    expect(cpuGroups('3:cpuset:/\n2:cpu,cpuacct:/docker/abc\n', V1_MOUNTS)).toEqual([
      '/sys/fs/cgroup/cpu,cpuacct/docker/abc',
      '/sys/fs/cgroup/cpu,cpuacct/docker',
      '/sys/fs/cgroup/cpu,cpuacct',
    ]);
  });

  it('finds them, v2', () => {
    expect(cpuGroups('0::/system.slice/app.service\n', V2_MOUNTS)).toEqual([
      '/sys/fs/cgroup/system.slice/app.service',
      '/sys/fs/cgroup/system.slice',
      '/sys/fs/cgroup',
    ]);
  });

  it('takes v1 where both are mounted and the controller is there', () => {
    const groups = cpuGroups('2:cpu,cpuacct:/a\n0::/b\n', `${V1_MOUNTS}\n${UNIFIED}`);
    expect(groups[0]).toBe('/sys/fs/cgroup/cpu,cpuacct/a');
  });

  it('takes v2 where only it is mounted', () => {
    expect(cpuGroups('2:cpu:/a\n0::/b\n', V2_MOUNTS)[0]).toBe('/sys/fs/cgroup/b');
  });

  it.each([
    ['mounted from its own group on', '0::/kubepods/pod1/abc', '/kubepods/pod1/abc'],
    ['in a namespace of its own', '0::/', '/kubepods/pod1/abc'],
    ['told as seen from another namespace', '0::/../../other', '/'],
    ['told as seen from outside', '0::/elsewhere', '/kubepods/pod1/abc'],
  ])('in a container, %s', (_, cgroups, root) => {
    const mounts = `30 24 0:26 ${root} /sys/fs/cgroup ro - cgroup2 cgroup rw`;
    expect(cpuGroups(cgroups, mounts).at(-1)).toBe('/sys/fs/cgroup');
    expect(cpuGroups(cgroups, mounts).join()).not.toContain('..');
  });

  it('does not mistake a neighbour for what is mounted', () => {
    const mounts = '30 24 0:26 /pod1 /sys/fs/cgroup ro - cgroup2 cgroup rw';
    expect(cpuGroups('0::/pod10/a', mounts)).toEqual(['/sys/fs/cgroup']);
  });

  it.each([
    ['nothing', '', ''],
    ['no cgroups', '', V1_MOUNTS],
    ['no mounts', '0::/a', ''],
    ['garbage', '\0:::\n::', 'a - b\n - \n-'],
  ])('finds none in %s', (_, cgroups, mounts) => {
    expect(cpuGroups(cgroups, mounts)).toEqual([]);
  });

  it('looks at a bounded number of groups', () => {
    expect(cpuGroups(`0::${'/a'.repeat(100)}`, V2_MOUNTS)).toHaveLength(8);
  });
});

describe('parseThrottledMs', () => {
  it('reads v1, in nanoseconds', () => {
    const text = 'nr_periods 90\nnr_throttled 80\nthrottled_time 7600000000\nnr_bursts 0\n';
    expect(parseThrottledMs(text)).toBe(7600);
  });

  it('reads v2, in microseconds', () => {
    const text = 'usage_usec 5\nnr_periods 9\nnr_throttled 8\nthrottled_usec 760000\n';
    expect(parseThrottledMs(text)).toBe(760);
  });

  it.each([
    undefined,
    '',
    'usage_usec 5\n',
    'nr_throttled 8\nthrottled_usec x\n',
    'nr_throttled 8\n',
  ])('knows nothing of %j', (text) => {
    expect(parseThrottledMs(text)).toBeUndefined();
  });
});

describe('hasQuota', () => {
  it.each([
    ['max 100000\n', false],
    ['-1\n', false],
    ['', false],
    [undefined, false],
    ['20000 100000\n', true],
    ['5000\n', true],
  ])('%j: %s', (text, has) => {
    expect(hasQuota(text)).toBe(has);
  });
});

it('reads wherever this runs', () => {
  const probe = new CgroupProbe();
  probe.refresh(0);
  probe.refresh(1000);
  expect(probe.readMs()).toBeGreaterThanOrEqual(0);
  probe.close();
  expect(probe.readMs()).toBe(0);
});
