/** Rolling HDR histograms with cut-off counts, and what can be read from them. */
export { Counts } from './counts.ts';
export { decodeHdrInto, encodeHdr, toHdrHistogram } from './hdr.ts';
export { BUCKET_COUNT, bucketEndMs, bucketIndex, bucketLow, MAX_MICROS } from './layout.ts';
export { RollingCount } from './rolling-count.ts';
export { RollingHistogram, type Slice } from './rolling-histogram.ts';
export { SLICES } from './slices.ts';
export { replyQuantileMs, survivalCurve, type SurvivalCurve } from './survival.ts';
