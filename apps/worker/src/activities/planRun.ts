import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Archive, SchemaRegistry } from '@parquetry/archive';
import { ParquetryError, countPartitions } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { SourceIndex } from '@parquetry/source';
import { stellarSchemas } from '@parquetry/stellar';
import { type ObjectStore, openStore } from '@parquetry/storage';
import type { PlannedRun, RunSpec } from '@parquetry/workflows';
import { checkArchive } from '../archives';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { spoolKey, storePlan } from '../plan/stored';
import { checkLakeTypes, networkName, openSource } from '../sources';

/** See `SharedActivities.planRun`. Writes nothing to the archive before the source was read without a fault. */
export async function planRun({ workplace }: WorkerDeps, spec: RunSpec): Promise<PlannedRun> {
  return withHeartbeat(async (signal, report) => {
    const store = openStore(spec.archive);
    const { layout } = spec.settings;
    const existing = await checkArchive(store, { network: spec.network, layout });
    if (spec.source.uri.startsWith('galexie:')) checkLakeTypes(spec.types ?? []);
    const source = await openSource(spec, await knownSchemas(store));
    const workDir = workplace.spoolDir(spoolKey(spec));
    await mkdir(workDir, { recursive: true });
    const index = await source.prepare({
      range: spec.range,
      ...(spec.types === undefined ? {} : { types: spec.types }),
      workDir,
      signal,
      onProgress: report,
    });
    checkFound(spec, index);
    const found = index.network === undefined ? undefined : networkName(index.network);
    const network = spec.network ?? found ?? existing?.network ?? 'unspecified';
    await Archive.open(store, {
      create: { formatVersion: 1, network, layout, integers: 'unsigned', nesting: 'struct' },
    });
    const rejects = await keepUnusable(store, index, path.join(workDir, 'rejects.ndjson'));
    const plan = await storePlan(store, { format: 1, spec, network, index });
    return {
      plan,
      datasets: index.datasets.map(({ dataset }) => dataset),
      network,
      partitions: countPartitions(spec.range, spec.partitionSize),
      unusable: index.unusable,
      filtered: index.filtered,
      bytesRead: index.bytesRead,
      ...(rejects === undefined ? {} : { rejects }),
    };
  });
}

/** Bases for inference: a registered schema is only ever extended, a predefined one is where a type begins. */
async function knownSchemas(store: ObjectStore): Promise<ReadonlyMap<string, TableSchema>> {
  const known = new Map(stellarSchemas);
  const registry = new SchemaRegistry(store);
  for (const subject of await registry.subjects()) {
    const latest = await registry.latest(subject);
    if (latest !== undefined) known.set(subject, latest.schema);
  }
  return known;
}

function checkFound(spec: RunSpec, index: SourceIndex): void {
  const found = index.datasets.map(({ dataset }) => dataset);
  const missing = spec.types?.filter((type) => !found.includes(type)) ?? [];
  if (missing.length > 0)
    throw new ParquetryError(
      'MESSAGE_TYPE_UNKNOWN',
      `The source has no messages of type ${missing.join(', ')}.`,
      {
        hint: found.length > 0 ? `It has ${found.join(', ')}.` : 'Look at it with `parquetry inspect`.',
      },
    );
  if (found.length === 0)
    throw new ParquetryError(
      'SOURCE_INVALID',
      `The source has no message with a usable type in ledgers ${spec.range.start}-${spec.range.end}.`,
      {
        details: { unusable: index.unusable, filtered: index.filtered },
        hint: 'Check --ledgers, or say what the messages are with --message-type.',
      },
    );
}

/** Messages that belong to no partition are kept once a run, under their content's hash. */
async function keepUnusable(
  store: ObjectStore,
  index: SourceIndex,
  file: string,
): Promise<string | undefined> {
  if (index.unusable === 0) return undefined;
  const body = await readFile(file);
  const key = `_parquetry/rejects/runs/${createHash('sha256').update(body).digest('hex').slice(0, 32)}.ndjson`;
  await store.putIfAbsent(key, body);
  return key;
}
