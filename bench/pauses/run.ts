/** What the parts of the bench are given. */
import type { Options } from './options.ts';
import type { VictimJob } from './victim-types.ts';

export interface BenchRun {
  readonly options: Options;
  readonly watch: VictimJob['watch'];
  /** In [0, 1), from the seed. */
  random(): number;
  progress(what: string): void;
}
