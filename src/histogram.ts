/** Rolling HDR histograms with cut-off counts, what can be read from them, and interchange. */
export { Counts } from './histogram/counts.ts';
export {
  BUCKET_COUNT,
  bucketEndMs,
  bucketIndex,
  bucketLow,
  MAX_MICROS,
} from './histogram/layout.ts';
export { RollingCount } from './histogram/rolling-count.ts';
export { RollingHistogram, type Slice } from './histogram/rolling-histogram.ts';
export { replyQuantileMs, survivalCurve, type SurvivalCurve } from './histogram/survival.ts';
export { decodeHdrInto, encodeHdr, toHdrHistogram } from './state/hdr.ts';
