/** A metric that a worker serves. */
export interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** Unit by the Unified Code for Units of Measure, as OpenTelemetry writes it. */
  readonly unit: string;
  readonly labels: readonly string[];
  /** For `# HELP` of the metrics page and for docs/metrics.md. */
  readonly doc: string;
  /** Upper bounds of the buckets of a histogram. */
  readonly buckets?: readonly number[];
}

/** Seconds, for steps and their waits: from a tiny partition to hours. */
const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];
/** Seconds, for requests and statements. */
const SHORT_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

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
  parquetry_tail_report_timestamp_seconds: {
    kind: 'gauge',
    unit: 's',
    labels: ['tail'],
    doc: 'Unix time of the last report of the lag. A worker serves its last figures also after the tail moved or ended',
  },
  parquetry_step_seconds: {
    kind: 'histogram',
    unit: 's',
    labels: ['step', 'outcome'],
    doc: 'Duration of an attempt of a step; outcome: ok, failed or cancelled',
    buckets: SECONDS,
  },
  parquetry_step_wait_seconds: {
    kind: 'histogram',
    unit: 's',
    labels: ['step'],
    doc: 'Time that an attempt waited in its queue for a worker',
    buckets: SECONDS,
  },
  parquetry_step_retries: {
    kind: 'counter',
    unit: '{attempts}',
    labels: ['step', 'code'],
    doc: 'Failed attempts that are retried, by error code. Attempts of a worker that died, and those that Temporal ended at a timeout, are not counted',
  },
  parquetry_step_failures: {
    kind: 'counter',
    unit: '{steps}',
    labels: ['step', 'code'],
    doc: 'Steps that failed finally, by error code',
  },
  parquetry_parked: {
    kind: 'counter',
    unit: '{partitions}',
    labels: ['code'],
    doc: 'Partitions and tails that this worker parked, by error code',
  },
  parquetry_parked_partitions: {
    kind: 'gauge',
    unit: '{partitions}',
    labels: ['kind'],
    doc: 'Partitions and tails of the namespace that wait for a person, by kind: partition or tail; the same on every worker',
  },
  parquetry_open_partitions: {
    kind: 'gauge',
    unit: '{partitions}',
    labels: [],
    doc: 'Partitions of the namespace that have not ended, parked ones included; the same on every worker',
  },
  parquetry_read_bytes: {
    kind: 'counter',
    unit: 'By',
    labels: [],
    doc: 'Bytes that pulls read from sources',
  },
  parquetry_pull_bytes_per_second: {
    kind: 'histogram',
    unit: 'By/s',
    labels: [],
    doc: 'Bytes of the source that a pull read and decoded, per second of the pull',
    buckets: [1e5, 3e5, 1e6, 3e6, 1e7, 2e7, 5e7, 1e8, 2e8, 5e8],
  },
  parquetry_storage_requests: {
    kind: 'counter',
    unit: '{requests}',
    labels: ['operation', 'store', 'outcome'],
    doc: 'Operations on archives and sources; store: file, s3 or gs; outcome: ok, created, exists, missing or an error code. The operation retry counts requests that failed and were sent again',
  },
  parquetry_storage_seconds: {
    kind: 'histogram',
    unit: 's',
    labels: ['operation', 'store'],
    doc: 'Duration of these operations, retries included; of listings and reads in parts, how long their reader waited',
    buckets: SHORT_SECONDS,
  },
  parquetry_source_requests: {
    kind: 'counter',
    unit: '{requests}',
    labels: ['operation', 'outcome'],
    doc: 'Requests to RPC nodes, by their method, and to processors (operation processor); outcome: ok or an error code. Each retry is a request',
  },
  parquetry_source_seconds: {
    kind: 'histogram',
    unit: 's',
    labels: ['operation'],
    doc: 'Duration of these requests, with their answers',
    buckets: SHORT_SECONDS,
  },
  parquetry_duckdb_seconds: {
    kind: 'histogram',
    unit: 's',
    labels: ['statement'],
    doc: 'Duration of statements of DuckDB, by their first word',
    buckets: SHORT_SECONDS,
  },
  parquetry_duckdb_memory_bytes: {
    kind: 'gauge',
    unit: 'By',
    labels: [],
    doc: "Memory of DuckDB's buffer manager",
  },
  parquetry_duckdb_spill_bytes: {
    kind: 'gauge',
    unit: 'By',
    labels: [],
    doc: "DuckDB's temporary files",
  },
  parquetry_memory_bytes: {
    kind: 'gauge',
    unit: 'By',
    labels: [],
    doc: 'Resident memory of the worker process',
  },
  parquetry_memory_limit_bytes: {
    kind: 'gauge',
    unit: 'By',
    labels: [],
    doc: 'What it may use: --memory and the memory of an idle worker, or the limit of its container if that is less',
  },
  parquetry_stage_bytes: {
    kind: 'gauge',
    unit: 'By',
    labels: [],
    doc: 'Size of the work folder: stages, spooled source files, spill',
  },
  parquetry_stage_free_bytes: {
    kind: 'gauge',
    unit: 'By',
    labels: [],
    doc: 'Free space of its file system',
  },
  parquetry_stage_disk_bytes: {
    kind: 'gauge',
    unit: 'By',
    labels: [],
    doc: 'Size of that file system',
  },
  parquetry_worker_info: {
    kind: 'gauge',
    unit: '1',
    labels: ['version'],
    doc: '1 while the worker runs',
  },
} as const satisfies Readonly<Record<string, Metric>>;
