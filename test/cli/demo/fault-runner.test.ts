import { describe, expect, it } from 'vitest';
import type { Cluster, LeaseSeen } from '../../../src/cli/demo/cluster.ts';
import { FaultRunner } from '../../../src/cli/demo/fault-runner.ts';
import { FAULT_MS, whyImpossible } from '../../../src/cli/demo/faults.ts';
import type { PeerState } from '../../../src/membership/types.ts';
import { tardy } from '../support.ts';
import { CLUSTER, leased, onWindows } from './support.ts';

/** A cluster that only notes what is done to it. */
function noted(state: () => PeerState = () => 'alive') {
  const done: string[] = [];
  const cluster: Cluster = {
    ...CLUSTER,
    stateOf: state,
    kill: (name) => Promise.resolve(void done.push(`kill ${name}`)),
    restart: (name) => Promise.resolve(void done.push(`restart ${name}`)),
    signal: (name, signal) => void done.push(`${signal} ${name}`),
    network: {
      drop: (isLost) => void done.push(`drop ${isLost}`),
      delay: (ms) => void done.push(`delay ${ms}`),
    },
  };
  return { cluster, done };
}

describe('faults', () => {
  it.each([
    ['kill', ['kill bimodal', 'restart bimodal']],
    ['stop', ['SIGSTOP bimodal', 'SIGCONT bimodal']],
    ['delay', ['delay 600', 'delay 0']],
    ['drop', ['drop true', 'drop false']],
  ] as const)('%s begins, lasts, and is taken back', async (name, expected) => {
    const { cluster, done } = noted();
    const faults = new FaultRunner(cluster, 1000);
    await faults.begin(name, 6200);
    await faults.tick(6200 + FAULT_MS - 1);
    expect(done).toEqual(expected.slice(0, 1));
    expect(faults.canBegin(name)).toBe(false);
    await faults.tick(6200 + FAULT_MS);
    await faults.tick(6200 + 2 * FAULT_MS);
    expect(done).toEqual(expected);
    expect(faults.canBegin(name)).toBe(true);
    expect(faults.reports()).toMatchObject([{ fault: name, atS: 5.2 }]);
  });

  it('come one at a time', async () => {
    const { cluster, done } = noted();
    const faults = new FaultRunner(cluster, 0);
    await faults.begin('drop', 0);
    await faults.begin('kill', 10);
    expect(done).toEqual(['drop true']);
    expect(faults.reports()).toHaveLength(1);
  });

  it('wait until everyone trusts everyone', async () => {
    let state: PeerState = 'unknown';
    const { cluster, done } = noted(() => state);
    const faults = new FaultRunner(cluster, 0);
    await faults.begin('stop', 0);
    expect(done).toEqual([]);
    state = 'alive';
    await faults.begin('stop', 10);
    expect(done).toEqual(['SIGSTOP bimodal']);
  });

  it('wait, where it is about the lease, until the one that they happen to holds it', async () => {
    const leases: LeaseSeen[] = [];
    const { cluster, done } = noted();
    const faults = new FaultRunner({ ...cluster, leases }, 0);
    const tryAfter = async (...told: LeaseSeen[]) => {
      leases.push(...told);
      await faults.begin('lease', 0);
      return done.length;
    };
    expect(await tryAfter()).toBe(0);
    expect(await tryAfter(leased('acquired', 'bimodal', '1', 0))).toBe(1);
    await faults.tick(FAULT_MS);
    expect(await tryAfter(leased('acquired', 'slowing', '2', 1))).toBe(2);
    expect(faults.canBegin('stop')).toBe(true);
    const again = [leased('acquired', 'bimodal', '3', 2), leased('refused', 'steady', '2', 3)];
    expect(await tryAfter(...again)).toBe(3);
    expect(done).toEqual(['SIGSTOP bimodal', 'SIGCONT bimodal', 'SIGSTOP bimodal']);
  });

  it.each(['stop', 'lease'] as const)('%s is refused on Windows', async (name) => {
    onWindows();
    expect(whyImpossible('kill')).toBeUndefined();
    const { code, out, err } = await tardy(['demo', '--scenario', name]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`${name} needs the signal SIGSTOP, which Windows does not have`);
  });
});
