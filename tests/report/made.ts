import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Archive, type SegmentRecord } from '@parquetry/archive';
import type { LedgerRange } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { openStore } from '@parquetry/storage';
import { commitActions } from '../../libs/archive/src/commit';
import type { Action } from '../../libs/archive/src/delta/actions';
import { formatCommit } from '../../libs/archive/src/delta/format';
import { commitName } from '../../libs/archive/src/delta/paths';
import { TableState } from '../../libs/archive/src/delta/state';
import { putSegment, segmentId, type SegmentIdentity } from '../../libs/archive/src/segment';
import { IDENTITY, SMALL_SCHEMA, closeTime, sha256 } from '../../libs/archive/src/testing/fixture';

/** A segment of a made-up archive. */
export interface MadeSegment {
  readonly range: LedgerRange;
  /** Id of the workflow that wrote it; a run's when absent. */
  readonly by?: string;
  /** Bytes and rows of its files; one file of 1 MB when absent, none for an empty segment. */
  readonly files?: readonly { readonly size: number; readonly rows: number }[];
  readonly proof?: SegmentIdentity['proof'];
  readonly rejectedLedgers?: readonly number[];
  /** Lines of its rejects. */
  readonly rejects?: readonly object[];
  /** Version of the schema that it was written with: 1 or 2. */
  readonly schema?: number;
  /** Leaves out its record. */
  readonly unrecorded?: boolean;
}

/** The second version of the schema of made-up datasets. */
const GROWN: TableSchema = {
  ...SMALL_SCHEMA,
  fields: [...SMALL_SCHEMA.fields, { id: 3, name: 'memo', type: { type: 'utf8' } as const, nullable: true }],
};

/**
 * Writes an archive that has a log, records, schemas and rejects, and no data files: what a report reads. Each dataset
 * is one commit. Much faster than a backfill.
 */
export async function makeArchive(
  folder: string,
  datasets: Readonly<Record<string, readonly MadeSegment[]>>,
): Promise<Archive> {
  const store = openStore(folder);
  const archive = await Archive.open(store, { create: IDENTITY });
  for (const [dataset, segments] of Object.entries(datasets))
    await makeDataset(archive, folder, dataset, segments);
  return archive;
}

/** Stores the plan of a run that requested ledgers. */
export async function makePlan(
  { store }: Archive,
  name: string,
  spec: { readonly range: LedgerRange },
  datasets: readonly string[],
): Promise<void> {
  const plan = { spec, index: { datasets: datasets.map((dataset) => ({ dataset })) } };
  await store.putIfAbsent(`_parquetry/runs/${name}.json`, Buffer.from(JSON.stringify(plan)));
}

async function makeDataset(
  archive: Archive,
  folder: string,
  dataset: string,
  segments: readonly MadeSegment[],
): Promise<void> {
  const versions = [];
  for (const schema of segments.some((one) => one.schema === 2) ? [SMALL_SCHEMA, GROWN] : [SMALL_SCHEMA])
    versions.push(await archive.registry.register(dataset, { ...schema, messageType: dataset }));
  const state = new TableState();
  const kept: Action[] = [];
  for (const [index, segment] of segments.entries()) {
    const { range } = segment;
    const schema = versions[(segment.schema ?? 1) - 1] ?? versions[0];
    if (schema === undefined) throw new Error(`${dataset} has no schema`);
    const files = (segment.files ?? [{ size: 1e6, rows: 1000 }]).map(({ size, rows }, part, all) => {
      const length = range.end - range.start + 1;
      const start = range.start + Math.floor((length * part) / all.length);
      const end = range.start + Math.floor((length * (part + 1)) / all.length) - 1;
      const at = new Date(closeTime(end) / 1000);
      const values = {
        year: String(at.getUTCFullYear()),
        month: String(at.getUTCMonth() + 1).padStart(2, '0'),
        day: String(at.getUTCDate()).padStart(2, '0'),
      };
      const place = `year=${values.year}/month=${values.month}/day=${values.day}`;
      const name = `stellar-data-${start}-${end}-${Math.floor(closeTime(end) / 1e6)}.parquet`;
      return {
        path: `${place}/${name}`,
        size,
        rows,
        range: { start, end },
        sha256: sha256(name),
        values,
        place,
      };
    });
    const rejects =
      segment.rejects === undefined ? null : await makeRejects(archive, dataset, range, segment.rejects);
    const identity: SegmentIdentity = {
      dataset,
      range,
      contentHash: sha256(`${dataset} ${range.start}`),
      settings: { compression: 'snappy', layout: IDENTITY.layout },
      schema: { subject: dataset, version: schema.version, fingerprint: schema.fingerprint },
      files: files.map(({ place: _place, values: _values, ...file }) => ({
        ...file,
        columns: {},
        reason: 'range_end',
      })),
      rejects,
      replaces: [],
      ledgers: [],
      rejectedLedgers: (segment.rejectedLedgers ?? []).map((ledger) => ({ ledger, rejected: 1 })),
      proof: segment.proof ?? { kind: 'declared' },
    };
    const id = segmentId(identity);
    const record: SegmentRecord = {
      formatVersion: 1,
      id,
      identity,
      writer: { test: '1' },
      workflow: { id: segment.by ?? 'backfill-1-2-abc/p/1', runId: 'r' },
      recordedAt: new Date(Date.UTC(2025, 6, 14) + index * 60_000).toISOString(),
    };
    if (segment.unrecorded !== true) await putSegment(archive.store, record);
    const actions = commitActions(state, {
      network: IDENTITY.network,
      dataset,
      segment: id,
      replaces: [],
      now: Date.UTC(2025, 6, 14),
      placed: files.map((file) => ({
        ...file,
        modified: Date.UTC(2025, 6, 14),
        key: `${dataset}/${file.path}`,
        draft: {
          folder: { path: file.place, values: file.values },
          columns: {},
          reason: 'range_end' as const,
        },
      })),
      draft: { range, schema, settings: identity.settings },
    });
    state.commit(index, actions);
    kept.push(...actions.filter((action) => 'add' in action));
  }
  if (state.protocol === undefined || state.metaData === undefined) return;
  const domains = [...state.domains].map(([domain, configuration]) => ({
    domainMetadata: { domain, configuration, removed: false },
  }));
  const all: Action[] = [{ protocol: state.protocol }, { metaData: state.metaData }, ...kept, ...domains];
  const log = path.join(folder, dataset, '_delta_log');
  await mkdir(log, { recursive: true });
  await writeFile(path.join(log, commitName(0)), formatCommit(all));
}

async function makeRejects(
  { store }: Archive,
  dataset: string,
  { start, end }: LedgerRange,
  lines: readonly object[],
): Promise<NonNullable<SegmentIdentity['rejects']>> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const key = `_parquetry/rejects/${dataset}/${start}-${end}-${sha256(text).slice(0, 32)}.ndjson`;
  await store.putIfAbsent(key, Buffer.from(text));
  return { key, rows: lines.length, sha256: sha256(text) };
}
