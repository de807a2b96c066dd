import { describe, expect, it } from 'vitest';
import { aftermath } from '../../../bench/detector/changes.ts';

describe('what follows a change', () => {
  it('is told apart: at once, and afterwards', () => {
    const of = aftermath([1000], [999, 1000, 1001, 1004, 1999, 2000], 3000);
    expect(of).toMatchObject({ changes: 1, atOnce: 1, after: 3 });
  });

  it('trust comes back after the last mistake before a calm stretch', () => {
    expect(aftermath([1000], [], 3000)).toMatchObject({ meanBeats: 0, worstBeats: 0 });
    expect(aftermath([1000], [1000], 3000)).toMatchObject({ worstBeats: 1 });
    expect(aftermath([1000], [1004, 1020, 1069], 3000)).toMatchObject({ worstBeats: 70 });
    expect(aftermath([1000], [1004, 1020, 1500], 3000)).toMatchObject({ worstBeats: 21 });
  });

  it('is not judged in the warm-up, nor where the trace ends too soon', () => {
    expect(aftermath([100, 1500, 2500], [100, 1501, 2501], 3000)).toMatchObject({
      ...{ changes: 1, atOnce: 0, after: 1 },
    });
  });

  it('ends where the next change begins', () => {
    const of = aftermath([1000, 1300], [1000, 1010, 1300, 1301], 3000);
    expect(of).toMatchObject({ changes: 2, atOnce: 2, after: 2, meanBeats: 6.5, worstBeats: 11 });
  });

  it('the mean is over the changes', () => {
    const of = aftermath([300, 1400], [300, 1400, 1401, 1402], 3000);
    expect(of).toMatchObject({ changes: 2, atOnce: 2, after: 2, meanBeats: 2, worstBeats: 3 });
  });
});
