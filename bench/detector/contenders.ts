/** Who takes part, each with one setting for all traces: its published one. */
import {
  CASSANDRA_PHI,
  createBertierDetector,
  createCassandraDetector,
  createChenDetector,
  createEwmaDetector,
  createFixedDetector,
  createPekkoDetector,
  createSatzgerDetector,
  createTwoWindowDetector,
  DEADLINE_PHI,
  PEKKO_PHI,
  SATZGER_PHI,
} from '../../src/detector/baselines/index.ts';
import { createPhiAccrualDetector, SUSPECT_PHI } from '../../src/detector/phi-accrual.ts';
import type { Detector } from '../../src/detector/types.ts';

export interface Contender {
  readonly name: string;
  /** The phi at which it suspects. */
  readonly phi: number;
  make(intervalMs: number): Detector;
}

export const TARDY: Contender = {
  name: 'tardy',
  phi: SUSPECT_PHI,
  make: (intervalMs) => createPhiAccrualDetector({ expectedIntervalMs: intervalMs }),
};

/** The same with less patience: where mistakes are frequent enough to be compared. */
export const TARDY_QUICK: Contender = { ...TARDY, name: 'tardy, phi 3', phi: 3 };

/** Its defaults are for one heartbeat a second: floor and pause in intervals. */
export const PEKKO = pekko('pekko', 3);

/** Without the pause that is added to the mean, so that its phi may be what it says. */
export const PEKKO_BARE = pekko('pekko, pause 0', 0);

export const CASSANDRA: Contender = {
  name: 'cassandra',
  phi: CASSANDRA_PHI,
  make: (intervalMs) => createCassandraDetector({ intervalMs }),
};

/** The plain distribution of the last 1000 gaps. */
export const ECDF: Contender = {
  name: 'ecdf',
  phi: SATZGER_PHI,
  make: (intervalMs) => createSatzgerDetector({ intervalMs, scale: 1 }),
};

export const CONTENDERS: readonly Contender[] = [
  TARDY,
  PEKKO,
  CASSANDRA,
  deadline('chen seq', (intervalMs) => createChenDetector({ intervalMs })),
  deadline('chen sent', (intervalMs) => createChenDetector({ intervalMs, by: 'send-time' })),
  deadline('bertier', (intervalMs) => createBertierDetector({ intervalMs })),
  deadline('2w seq', (intervalMs) => createTwoWindowDetector({ intervalMs })),
  deadline('2w sent', (intervalMs) => createTwoWindowDetector({ intervalMs, by: 'send-time' })),
  deadline('fixed 3', (intervalMs) => createFixedDetector({ intervalMs })),
  deadline('ewma', (intervalMs) => createEwmaDetector({ intervalMs })),
  {
    name: 'satzger',
    phi: SATZGER_PHI,
    make: (intervalMs) => createSatzgerDetector({ intervalMs }),
  },
];

function deadline(name: string, make: (intervalMs: number) => Detector): Contender {
  return { name, phi: DEADLINE_PHI, make };
}

function pekko(name: string, pauseIntervals: number): Contender {
  return {
    name,
    phi: PEKKO_PHI,
    make: (intervalMs) =>
      createPekkoDetector({
        intervalMs,
        minStandardDeviationMs: intervalMs / 10,
        acceptablePauseMs: pauseIntervals * intervalMs,
      }),
  };
}
