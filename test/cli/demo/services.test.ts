import { describe, expect, it } from 'vitest';
import { callTo, nextArrivalMs } from '../../../src/cli/demo/load.ts';
import { SERVICE_NAMES, serviceNamed, workMs } from '../../../src/cli/demo/services.ts';
import { routeName } from '../../../src/peers/peer-table.ts';

/** The quantiles of a service's work: what it draws for these u. */
const work = (name: (typeof SERVICE_NAMES)[number], draws: readonly number[], slowed = false) => {
  let at = 0;
  return workMs(name, { random: () => draws[at++ % draws.length]!, slowed });
};

describe('the services', () => {
  it('steady stays within 3 ms', () => {
    expect([work('steady', [0]), work('steady', [1])]).toEqual([1.5, 3]);
  });

  it('tail is Pareto with shape 1.5: its quantile is 2 (1 - u)^(-2/3), cut at 5 s', () => {
    expect(work('tail', [0])).toBe(2);
    expect(work('tail', [0.999])).toBeCloseTo(200, 6);
    expect(work('tail', [1 - 1e-12])).toBe(5000);
  });

  it('bimodal misses its cache now and then', () => {
    expect(work('bimodal', [0.14, 0.5])).toBe(60);
    expect(work('bimodal', [0.15, 0.5])).toBe(3);
  });

  it('slowing becomes five times as slow', () => {
    expect(work('slowing', [0.5])).toBe(8);
    expect(work('slowing', [0.5], true)).toBe(40);
  });
});

describe('the load', () => {
  it('comes at the rate it should: the mean of its gaps is 1 / rate', () => {
    const n = 10_000;
    const gaps = Array.from({ length: n }, (_, i) => nextArrivalMs(25, (i + 0.5) / n));
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / n).toBeCloseTo(40, 1);
    expect(nextArrivalMs(25, 0)).toBeCloseTo(0);
  });

  it.each(SERVICE_NAMES)(
    'calls %s by paths with an id, and tells its routes by the template',
    (name) => {
      const service = serviceNamed(name);
      const calls = [0, 0.3, 0.6, 0.9, 0.999].map((draw) =>
        callTo({ service, origin: 'http://127.0.0.1:40001' }, () => draw),
      );
      const routes = calls.map(({ method, url }) => routeName(method, new URL(url).pathname));
      const known = service.routes.map(({ method, path }) => `${method} ${path}`);
      expect([...new Set(routes)].sort()).toEqual([...known].sort());
      expect(new Set(calls.map(({ timeoutMs }) => timeoutMs))).toEqual(
        new Set([service.configuredTimeoutMs]),
      );
    },
  );
});
