/** What a late tick means. */
export { DrainGate } from './drain-gate.ts';
export { type Pause, PauseLog } from './pause-log.ts';
