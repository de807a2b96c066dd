/** The traces that are asked for: generated ones, and recordings. */
import { chosen } from '../timeouts/options.ts';
import { FAMILIES, generate } from './families.ts';
import type { Options } from './options.ts';
import { dieFor, ownTraces } from './recorded.ts';
import { sliced, type Trace } from './trace.ts';

const BEATS = 32_000;
const QUICK_BEATS = 4000;

export function tracesFor(options: Options): Trace[] {
  const beats = options.quick ? QUICK_BEATS : BEATS;
  const families = FAMILIES.filter(({ set }) => set === options.set);
  const generated = chosen(families, options.traces).flatMap((family) =>
    Array.from({ length: options.seeds }, (_, i) => {
      const die = dieFor(options.seed + i, `${options.set} ${family.name}`);
      const trace = generate(family, die, beats);
      return i === 0 ? trace : { ...trace, name: `${trace.name} #${i + 1}` };
    }),
  );
  const own = ownTraces()
    .filter(({ set }) => set === options.set)
    .map((trace) => (options.quick ? sliced(trace, 0, QUICK_BEATS, {}) : trace));
  return [...generated, ...chosen(own, options.traces)];
}
