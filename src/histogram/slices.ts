/**
 * Parts that a window is cut into, each forgotten whole: a window of `windowMs` reaches between
 * `windowMs` and a sixth more into the past. More would forget more evenly and cost memory.
 */
export const SLICES = 6;
