/** What `fixtures/user-sdk.mjs` prints: what arrived in the reader of an application's own SDK. */
export interface UserSdkReport {
  /** Where the calls went. */
  readonly port: number;
  readonly metrics: readonly {
    readonly scope: string;
    readonly name: string;
    readonly unit: string;
    readonly points: readonly ReportedPoint[];
  }[];
}

export interface ReportedPoint {
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Of a histogram: its count. */
  readonly value: number;
}

/** Points of all metrics of that name. */
export function pointsOf(metrics: UserSdkReport['metrics'], name: string): ReportedPoint[] {
  return metrics.filter((metric) => metric.name === name).flatMap(({ points }) => points);
}
