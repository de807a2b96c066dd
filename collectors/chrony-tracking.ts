/**
 * The one question of chrony's monitoring protocol (version 6) that matters here: "tracking".
 * The same packets as `chronyc tracking` sends, so no chronyc is needed.
 */
import type { Leap } from '../src/clock/types.ts';
import type { SourceRefusal } from './time-source.ts';

/** What chronyd says of the wall clock of this machine. */
export interface ChronyTracking {
  readonly leap: Leap;
  readonly stratum: number;
  /** True time less the wall clock by chrony's estimate; positive: the wall clock is slow. */
  readonly offsetMs: number;
  readonly rootDelayMs: number;
  readonly rootDispersionMs: number;
}

export type ChronyReading =
  | { readonly tracking: ChronyTracking }
  | { readonly tracking: undefined; readonly reason: SourceRefusal; readonly why: string };

const VERSION = 6;
const REQUEST = 1;
const REPLY = 2;
const TRACKING_REQUEST = 33;
const TRACKING_REPLY = 5;
/** A question is as long as its answer, so that it cannot be used to flood others. */
const BYTES = 104;
const LEAPS = ['none', 'insert', 'delete', 'unsynchronised'] as const;

/** `sequence`: 32 random bits, echoed by the answer. */
export function encodeTrackingRequest(sequence: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(BYTES));
  view.setUint8(0, VERSION);
  view.setUint8(1, REQUEST);
  view.setUint16(4, TRACKING_REQUEST);
  view.setUint32(8, sequence);
  return new Uint8Array(view.buffer);
}

/** Never throws. */
export function readTrackingReply(bytes: Uint8Array, sequence: number): ChronyReading {
  if (bytes.length < BYTES) return refused('short', `${bytes.length} bytes instead of ${BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, BYTES);
  const version = view.getUint8(0);
  if (version !== VERSION) return refused('version', `version ${version} of its protocol`);
  if (view.getUint8(1) !== REPLY) return refused('mode', 'it is not an answer');
  const isOurs = view.getUint16(4) === TRACKING_REQUEST && view.getUint32(16) === sequence;
  if (!isOurs) return refused('sequence', 'it is not the answer to this question');
  const status = view.getUint16(8);
  if (status !== 0) return refused('status', `chronyd says status ${status}`);
  if (view.getUint16(6) !== TRACKING_REPLY) return refused('sequence', 'it is not about tracking');
  return { tracking: trackingIn(view) };
}

function refused(reason: SourceRefusal, why: string): ChronyReading {
  return { tracking: undefined, reason, why };
}

function trackingIn(view: DataView): ChronyTracking {
  return {
    stratum: view.getUint16(52),
    leap: LEAPS[view.getUint16(54)] ?? 'unsynchronised',
    offsetMs: 1000 * float(view, 68),
    rootDelayMs: 1000 * float(view, 92),
    rootDispersionMs: 1000 * float(view, 96),
  };
}

/** chrony's own format: 7 bits of exponent, 25 of coefficient, both signed, nothing hidden. */
function float(view: DataView, at: number): number {
  const bits = view.getInt32(at);
  const exponent = bits >> 25;
  const coefficient = (bits << 7) >> 7;
  return coefficient * 2 ** (exponent - 25);
}
