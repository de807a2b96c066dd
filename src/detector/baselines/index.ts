/**
 * The rivals: published failure detectors behind the same face as ours, with their published
 * constants and their flaws, to compare with. Beside each, the phi at which it suspects.
 */
export type { Stamp } from './arrival-estimate.ts';
export { type BertierOptions, createBertierDetector } from './bertier.ts';
export { CASSANDRA_PHI, type CassandraOptions, createCassandraDetector } from './cassandra.ts';
export { type ChenOptions, createChenDetector } from './chen.ts';
export { DEADLINE_PHI } from './deadline-rule.ts';
export { createEwmaDetector, type EwmaOptions } from './ewma.ts';
export { createFixedDetector, type FixedOptions } from './fixed.ts';
export { createPekkoDetector, PEKKO_PHI, type PekkoOptions } from './pekko.ts';
export { createSatzgerDetector, SATZGER_PHI, type SatzgerOptions } from './satzger.ts';
export { createTwoWindowDetector, type TwoWindowOptions } from './two-window.ts';
