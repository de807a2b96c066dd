/** What every failure detector has in common, ours and the rivals. */

/** A heartbeat that arrived. Instants in ms; those of the sender are by its own monotonic clock. */
export interface Heartbeat {
  /** By the receiver's monotonic clock. */
  readonly arrivedAtMs: number;
  /** By the sender's monotonic clock, whose zero is unknown; undefined if it does not tell. */
  readonly sentAtMs?: number;
  /** Counts the sender's heartbeats, so that a gap tells of lost ones. */
  readonly seq?: number;
  /** Changes when the sender restarts: its clock and its numbers begin anew. */
  readonly bootId?: string;
}

export interface Detector {
  /** A heartbeat arrived. One that is older than the last is ignored. NaN and ±Infinity throw ERR_TARDY_ARGUMENT. */
  heartbeat(beat: Heartbeat): void;
  /** The receiver itself stood still: what of a silence falls into such a span is not the sender's. */
  localPause(fromMs: number, toMs: number): void;
  /** How surprising the silence is now: −log10 of its probability if the sender lives. Undefined before the first heartbeat. */
  phi(nowMs: number): number | undefined;
  /**
   * When phi reaches this value if nothing more arrives, in ms by the receiver's clock. After the
   * first heartbeat always a finite number.
   */
  deadlineMs(phi: number): number;
}
