import { type Archive, parseDataset } from '@parquetry/archive';
import type { LedgerRange } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { SourceDataset, TailReader } from '@parquetry/source';
import type { ObjectStore } from '@parquetry/storage';
import type { CutRequest } from '@parquetry/workflows';
import { agreedSchema, contractOf, registerOptions } from '../plan/contract';
import { registerSchema } from '../plan/pin';
import { checkSortKeys } from '../plan/sortkeys';
import { loadPlan, storePlan } from '../plan/stored';
import type { FlushMarks, TailedType } from './tailsource';

/** The stored plan of a flush, and its datasets. */
export interface FlushPlan {
  readonly plan: string;
  readonly datasets: readonly string[];
}

/**
 * The plan of a flush of messages: its index, with the schemas registered as in a backfill. Under a contract that
 * excludes columns, rows with such columns become rejects; the contract decides how those are handled.
 * @returns undefined when another run registered an incompatible schema since the reader was opened
 */
export async function planMessages(parts: {
  readonly request: CutRequest;
  readonly store: ObjectStore;
  readonly archive: Archive;
  readonly kept: {
    readonly reader: TailReader;
    readonly known: ReadonlyMap<string, TableSchema>;
    readonly previous: string | undefined;
  };
  readonly types: ReadonlyMap<string, TailedType>;
  readonly range: LedgerRange;
  readonly signal: AbortSignal;
}): Promise<FlushPlan | undefined> {
  const { request, store, archive, kept, types, range, signal } = parts;
  const { spec, start, cursor } = request;
  const { reader, known, previous } = kept;
  const found = await reader.index(range, signal);
  checkSortKeys(spec.settings.sortBy ?? [], found.datasets, 'some');
  const contract = contractOf(spec);
  const datasets: SourceDataset[] = [];
  for (const entry of found.datasets) {
    const { dataset: messageType, schema } = entry;
    const base = known.get(messageType);
    // A new type may have been promoted before its first message: unlikely, but allowed.
    const dataset =
      types.get(messageType)?.dataset ?? (await archive.majors.majorFor(messageType, cursor)).dataset;
    const agreed = base === undefined ? schema : agreedSchema(contract, base, schema);
    const own = { ...entry, dataset, schema: agreed };
    const registered = await registerSchema(archive, own, known, registerOptions(spec));
    if (registered === undefined) return undefined;
    datasets.push(registered);
  }
  const data: FlushMarks = {
    ...(found.data as FlushMarks),
    ...(previous === undefined ? {} : { previous }),
  };
  const plan = await storePlan(store, {
    format: 1,
    spec: { ...spec, range },
    network: start.network,
    index: { ...found, datasets, data },
  });
  return { plan, datasets: datasets.map(({ dataset }) => dataset) };
}

/** The plan of a flush of a lake: that of the tail, with the datasets of its ledgers' majors. */
export async function planLake(
  store: ObjectStore,
  { spec }: CutRequest,
  plan: string,
  types: ReadonlyMap<string, TailedType>,
): Promise<FlushPlan> {
  const stored = await loadPlan(store, spec.archive, plan);
  const named = stored.index.datasets.map((entry) => ({
    ...entry,
    dataset: types.get(parseDataset(entry.dataset).messageType)?.dataset ?? entry.dataset,
  }));
  const datasets = named.map(({ dataset }) => dataset);
  if (named.every(({ dataset }, index) => dataset === stored.index.datasets[index]?.dataset))
    return { plan, datasets };
  const own = await storePlan(store, { ...stored, index: { ...stored.index, datasets: named } });
  return { plan: own, datasets };
}
