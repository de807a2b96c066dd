import { describe, expect, it } from 'vitest';
import { OverloadGuard } from '../../src/timeout/overload.ts';

interface Span {
  readonly arrivals: number;
  readonly answers: number;
}

/** Tells spans of a second each, with what then waits. */
function told(spans: readonly Span[]): OverloadGuard {
  const guard = new OverloadGuard();
  let waiting = 0;
  for (const [second, { arrivals, answers }] of [...spans, { arrivals: 1, answers: 0 }].entries()) {
    for (let i = 0; i < arrivals; i++) {
      guard.begun(1000 * second + (999 * i) / arrivals, 100, waiting + i);
    }
    for (let i = 0; i < answers; i++) guard.answered();
    waiting += arrivals - answers;
  }
  return guard;
}

const CALM = { arrivals: 500, answers: 500 };
const TOO_MUCH = { arrivals: 500, answers: 400 };

describe('overload', () => {
  it('is told after two spans with fewer replies than requests', () => {
    expect(told([CALM, TOO_MUCH]).overload).toBeUndefined();
    expect(told([CALM, TOO_MUCH, TOO_MUCH]).overload).toMatchObject({ inFlight: 200 });
    const { arrivalsPerSecond, repliesPerSecond } = told([TOO_MUCH, TOO_MUCH]).overload!;
    expect(arrivalsPerSecond).toBeCloseTo(500, -1);
    expect(repliesPerSecond).toBeCloseTo(400, -1);
  });

  it('is not told of a slowdown, in which more wait and as many are answered', () => {
    expect(told([CALM, TOO_MUCH, CALM, CALM]).overload).toBeUndefined();
  });

  it('is not told of chance', () => {
    const few = { arrivals: 20, answers: 12 };
    expect(told([few, few, few]).overload).toBeUndefined();
  });

  it('is not told of a few in a hundred, however sure they are', () => {
    const nearly = { arrivals: 20_000, answers: 19_200 };
    expect(told([nearly, nearly, nearly]).overload).toBeUndefined();
  });

  it('is over when as many are answered as arrive', () => {
    expect(told([TOO_MUCH, TOO_MUCH, TOO_MUCH, CALM]).overload).toBeUndefined();
  });

  it('has collapsed when ever fewer replies come in time', () => {
    const collapse = { arrivals: 500, answers: 100 };
    expect(told([TOO_MUCH, TOO_MUCH]).overload).toMatchObject({ collapsed: false });
    expect(told([TOO_MUCH, TOO_MUCH, collapse]).overload).toMatchObject({ collapsed: true });
  });
});
