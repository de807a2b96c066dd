/** The dice of the simulator, for tests and benches. */
export { type Random, randomFrom } from '../../src/testing/random.ts';
