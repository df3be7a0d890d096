/** A metric that a worker serves. */
export interface Metric {
  readonly kind: 'counter' | 'gauge';
  /** Unit by the Unified Code for Units of Measure, as OpenTelemetry writes it. */
  readonly unit: string;
  readonly labels: readonly string[];
  /** For `# HELP` of the metrics page and for docs/metrics.md. */
  readonly doc: string;
}

/** All metrics of Parquetry; Temporal's SDK adds its own. Prometheus shows counters with the suffix `_total`. */
export const METRICS = {
  parquetry_rows: {
    kind: 'counter',
    unit: '{rows}',
    labels: ['dataset'],
    doc: 'Rows that this worker committed',
  },
  parquetry_bytes: {
    kind: 'counter',
    unit: 'By',
    labels: ['dataset'],
    doc: 'Bytes of their Parquet files',
  },
  parquetry_rejected: {
    kind: 'counter',
    unit: '{messages}',
    labels: ['dataset'],
    doc: 'Messages that were kept as rejects',
  },
  parquetry_files: {
    kind: 'counter',
    unit: '{files}',
    labels: ['dataset', 'reason'],
    doc: 'Files, by the reason they were closed: rows, bytes, age, layout_edge or range_end',
  },
  parquetry_tail_lag_ledgers: {
    kind: 'gauge',
    unit: '{ledgers}',
    labels: ['tail'],
    doc: 'Ledgers that are in the source but not in the archive',
  },
  parquetry_tail_lag_seconds: {
    kind: 'gauge',
    unit: 's',
    labels: ['tail'],
    doc: 'Close time of the newest ledger in the source minus that of the last ledger in the archive',
  },
} as const satisfies Readonly<Record<string, Metric>>;
