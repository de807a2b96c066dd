import { ResidualCurve } from './residual-curve.ts';
import { ResidualHistogram } from './residual-histogram.ts';

/** A population of residuals, and where its corrected curve falls to each level. */
export class Shape {
  readonly residuals = new ResidualHistogram();
  readonly curve = new ResidualCurve();
  readonly levelXs: Float64Array;

  constructor(levels: number) {
    this.levelXs = new Float64Array(levels);
  }

  /** A way back for what was read; counts are taken back one by one. */
  checkpoint(): () => void {
    const [curve, levelXs] = [this.curve.checkpoint(), this.levelXs.slice()];
    return () => {
      curve();
      this.levelXs.set(levelXs);
    };
  }
}
