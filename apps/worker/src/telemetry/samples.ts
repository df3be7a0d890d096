import type { WorkerDeps } from '../deps';
import type { Meters } from './meters';

/** How often gauges are measured, milliseconds. */
const EVERY_MS = 10_000;
/** Time limit of a count, milliseconds. */
const ASK_MS = 5_000;
/** Memory of an idle worker, measured; bytes. */
const IDLE_BYTES = 350e6;

const OPEN = 'ParquetryRun IS NOT NULL AND ExecutionStatus="Running"';
const PARKED = `${OPEN} AND ParquetryState="Parked"`;

/** What the gauges are about. */
type Sampled = Pick<WorkerDeps, 'client' | 'telemetry' | 'workplace' | 'writer'>;

/** Measures the gauges of a worker at once and then regularly, if it has metrics. Returns a function that stops it. */
export function startSampling(
  deps: Sampled,
  options: { readonly memoryBytes: number; readonly release?: string },
): () => Promise<void> {
  const { meters } = deps.telemetry;
  if (meters === undefined) return async () => undefined;
  const { memoryBytes, release = 'unknown' } = options;
  const container = process.constrainedMemory();
  const own = memoryBytes + IDLE_BYTES;
  meters.record('parquetry_memory_limit_bytes', container > 0 ? Math.min(own, container) : own);
  meters.record('parquetry_worker_info', 1, { version: release });
  let running: Promise<unknown> | undefined;
  const sample = (): void => {
    running ??= Promise.allSettled([
      sampleProcess(deps, meters),
      sampleFolder(deps, meters),
      count(deps, meters, 'parquetry_open_partitions', `WorkflowType="partition" AND ${OPEN}`),
      ...['partition', 'tail'].map((kind) =>
        count(deps, meters, 'parquetry_parked_partitions', `WorkflowType="${kind}" AND ${PARKED}`, { kind }),
      ),
    ]).finally(() => (running = undefined));
  };
  sample();
  const timer = setInterval(sample, EVERY_MS).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function sampleProcess({ writer }: Sampled, meters: Meters): Promise<void> {
  meters.record('parquetry_memory_bytes', process.memoryUsage.rss());
  const { bytes, spillBytes } = await writer.memory();
  meters.record('parquetry_duckdb_memory_bytes', bytes);
  meters.record('parquetry_duckdb_spill_bytes', spillBytes);
}

async function sampleFolder({ workplace }: Sampled, meters: Meters): Promise<void> {
  const { bytes, freeBytes, diskBytes } = await workplace.usage();
  meters.record('parquetry_stage_bytes', bytes);
  meters.record('parquetry_stage_free_bytes', freeBytes);
  meters.record('parquetry_stage_disk_bytes', diskBytes);
}

/** Counts workflows. While Temporal does not answer, the gauge keeps its last value. */
async function count(
  { client }: Sampled,
  meters: Meters,
  name: 'parquetry_open_partitions' | 'parquetry_parked_partitions',
  query: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const found = await client.withDeadline(Date.now() + ASK_MS, () => client.workflow.count(query));
  meters.record(name, found.count, labels);
}
