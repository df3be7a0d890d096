import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ArchiveIdentity } from '@parquetry/archive';
import { countPartitions } from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import { indexRange } from './indexrange';
import { type PlannedDataset, planDatasets } from './partitions';

/** What a backfill would do with the current source and commit log. */
export interface RunPreview {
  /** The run's spec with all settings resolved from the archive. */
  readonly spec: RunSpec;
  readonly archive: { readonly exists: boolean; readonly identity: ArchiveIdentity };
  /** `run` of `total` partitions have ledgers to write. */
  readonly partitions: { readonly total: number; readonly run: number };
  readonly datasets: readonly DatasetPreview[];
  /** Every partition and dataset. */
  readonly plan: readonly PlannedDataset[];
  /** Messages without a usable type or ledger. */
  readonly unusable: number;
  /** Messages outside the ledgers or in other types. */
  readonly filtered: number;
  /** Bytes read from the source for the preview. */
  readonly bytesRead: number;
}

/** One dataset of a preview; the counts are partitions. */
interface DatasetPreview {
  readonly dataset: string;
  readonly columns: number;
  /** Messages of the whole range, counted; rejects included. */
  readonly messages?: number;
  readonly missing: number;
  readonly committed: number;
  readonly stale: number;
  readonly replace: number;
}

/** Previews a backfill. Writes nothing. @throws the errors of `indexRange` */
export async function previewRun(requested: RunSpec, signal: AbortSignal): Promise<RunPreview> {
  const store = openStore(requested.archive);
  const workDir = await mkdtemp(path.join(tmpdir(), 'parquetry-plan-'));
  try {
    const indexed = await indexRange(store, requested, { workDir, signal });
    const { spec, index, identity, exists } = indexed;
    const plan: PlannedDataset[] = [];
    for await (const part of planDatasets(store, indexed)) plan.push(part);
    return {
      spec,
      archive: { exists, identity },
      partitions: {
        total: countPartitions(spec.range, spec.partitionSize),
        run: new Set(plan.filter(({ run }) => run.length > 0).map(({ range }) => range.start)).size,
      },
      datasets: index.datasets.map(({ dataset, schema, messages }) => ({
        dataset,
        columns: schema.fields.length,
        ...(messages === undefined ? {} : { messages }),
        ...countStates(plan.filter((part) => part.dataset === dataset)),
      })),
      plan,
      unusable: index.unusable,
      filtered: index.filtered,
      bytesRead: index.bytesRead,
    };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

function countStates(
  plan: readonly PlannedDataset[],
): Pick<DatasetPreview, 'missing' | 'committed' | 'stale' | 'replace'> {
  const count = (...states: PlannedDataset['state'][]): number =>
    plan.filter(({ state }) => states.includes(state)).length;
  return {
    missing: count('missing', 'partly'),
    committed: count('committed'),
    stale: count('stale'),
    replace: count('replace'),
  };
}
