import { describe, expect, it } from 'vitest';
import { PauseHistograms } from '../../src/telemetry/pause-histograms.ts';

describe('the lengths of pauses', () => {
  it('are none before the first', () => {
    expect([...new PauseHistograms().all()]).toEqual([]);
  });

  it('are counted by cause, in seconds', () => {
    const pauses = new PauseHistograms();
    pauses.record('gc', 250);
    pauses.record('gc', 1750);
    pauses.record('stopped', 2000);
    const told = [...pauses.all()].map(([cause, { count, sum }]) => [cause, count, sum]);
    expect(told).toEqual([
      ['gc', 2, 2],
      ['stopped', 1, 2],
    ]);
  });
});
