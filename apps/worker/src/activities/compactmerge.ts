import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type Archive,
  type Dataset,
  findRowHashes,
  replacedMeanwhile,
  type SegmentRecord,
} from '@parquetry/archive';
import {
  type ColumnTally,
  type Conservation,
  type CoverageProof,
  ParquetryError,
  type StagedDataset,
  type WriteSettings,
  formatRange,
} from '@parquetry/core';
import { writeManifest } from '@parquetry/source';
import { download, openStore } from '@parquetry/storage';
import type { CompactGroup, CompactInput, MergeResult } from '@parquetry/workflows';
import type { MergedFiles } from '@parquetry/writer';
import { Context } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { StagedFiles } from '../files';
import { withHeartbeat } from '../heartbeat';
import { followCommit } from '../iceberg';
import { storePlan } from '../plan/stored';

/** See `CompactActivities.mergeSegments`. */
export async function mergeSegments(
  { archives, workplace, writer, queue, takeOverMs }: WorkerDeps,
  { input, group }: { readonly input: CompactInput; readonly group: CompactGroup },
): Promise<MergeResult> {
  const archive = await archives.get(input.archive);
  const dataset = archive.dataset(group.dataset);
  const records = await Promise.all(group.segments.map((id) => dataset.segment(id)));
  if (await isDone(archive, group, input.keepReplaced === true)) return { kind: 'done' };
  const last = records.at(-1);
  if (last === undefined) throw new ParquetryError('INTERNAL', 'A group to compact has no segments.');
  const schema = await archive.registry.get(last.identity.schema.subject, last.identity.schema.version);
  const settings = mergedSettings(last, input);
  const stageId = randomBytes(12).toString('hex');
  const stageDir = workplace.stageDir(stageId);
  try {
    await workplace.createStage(stageId, Context.current().info.workflowExecution?.workflowId);
    const hashes = await rowHashesOf(archive, records);
    const rows = await withHeartbeat(async (signal, onProgress) => {
      const { paths, bytes } = await fetchFiles(archive, dataset, records, path.join(stageDir, 'in'), signal);
      const merged = await writer.mergeFiles({
        dataset: group.dataset,
        files: paths,
        bytes,
        range: group.range,
        schema,
        settings,
        network: archive.identity.network,
        outDir: path.join(stageDir, `${group.dataset}.files`),
        signal,
        onProgress,
      });
      await rm(path.join(stageDir, 'in'), { recursive: true, force: true });
      const staged = {
        ...stagedOf(group, records, merged),
        ...(hashes.all === undefined ? {} : { rowHashes: hashes.all }),
      };
      await keepRejects(archive, records, path.join(stageDir, `${group.dataset}.rejects.ndjson`), signal);
      const proof = mergedProof(group, records);
      const conservation = mergedConservation(records);
      await writeManifest(stageDir, {
        stageId,
        range: group.range,
        datasets: [staged],
        bytesRead: bytes,
        proof,
        ...(conservation === undefined ? {} : { conservation }),
      });
      await (await StagedFiles.open(workplace, stageId, group.dataset)).noteWritten(merged.files);
      return staged.rows;
    });
    const plan = await storePlan(
      openStore(input.archive),
      {
        format: 1,
        spec: {
          source: { uri: 'archive:' },
          archive: input.archive,
          range: group.range,
          partitionSize: input.partitionSize,
          settings,
          maxRejects: Number.MAX_SAFE_INTEGER,
          verify: input.verify,
          // The verifying step computes those that are missing.
          ...(hashes.some && hashes.all === undefined ? { rowHashes: true } : {}),
          ...(input.keepReplaced === true ? { keepReplaced: true } : {}),
        },
        network: archive.identity.network,
        index: {
          kind: 'galexie',
          datasets: [{ dataset: group.dataset, schema: schema.schema }],
          unusable: 0,
          filtered: 0,
          bytesRead: 0,
          data: null,
        },
      },
      'compactions',
    );
    return {
      kind: 'staged',
      stageId,
      queue,
      ...(takeOverMs === undefined ? {} : { takeOverMs }),
      plan,
      schemaVersion: schema.version,
      rows,
    };
  } catch (error) {
    await rm(stageDir, { recursive: true, force: true });
    throw error;
  }
}

/** The row hashes of the segments together, and whether some segment has any. */
async function rowHashesOf(
  { store }: Archive,
  records: readonly SegmentRecord[],
): Promise<{ readonly all?: string; readonly some: boolean }> {
  const found = await Promise.all(records.map((record) => findRowHashes(store, record)));
  const known = found.flatMap((hashes) => hashes ?? []);
  if (known.length < records.length) return { some: known.length > 0 };
  const all = Buffer.concat(known.map(({ ledgers }) => Buffer.from(ledgers, 'base64')));
  return { all: all.toString('base64'), some: true };
}

/** Whether an attempt that died after its commit compacted the group; its replaced files are deleted now. */
async function isDone(archive: Archive, group: CompactGroup, keep: boolean): Promise<boolean> {
  const dataset = archive.dataset(group.dataset);
  const { segments, removed } = await dataset.snapshot();
  const live = new Set(segments.map(({ id }) => id));
  if (group.segments.every((id) => live.has(id))) return false;
  const place = segments.find(({ range }) => formatRange(range) === formatRange(group.range));
  const replaces = place === undefined ? [] : (await dataset.segment(place.id)).identity.replaces;
  if (replaces.join() !== group.segments.join()) throw replacedMeanwhile(group.dataset, group.range);
  const old = await Promise.all(group.segments.map((id) => dataset.segment(id)));
  const keys = old.flatMap(({ identity }) => identity.files.map((file) => `${dataset.folder}/${file.path}`));
  const left = new Set(removed);
  const iceberg = await followCommit(archive, group.dataset);
  if (!keep && iceberg === undefined) await dataset.retire(keys.filter((key) => left.has(key)));
  return true;
}

/** The last segment's settings; files close only by size. */
function mergedSettings({ identity }: SegmentRecord, { targetBytes }: CompactInput): WriteSettings {
  const { maxRowsPerFile: _, maxFileBytes: __, ...rest } = identity.settings;
  return targetBytes === undefined ? rest : { ...rest, maxFileBytes: targetBytes };
}

/** Local copies of the segments' files, in ledger order, checked against the committed sha256. */
async function fetchFiles(
  { store }: Archive,
  dataset: Dataset,
  records: readonly SegmentRecord[],
  dir: string,
  signal: AbortSignal,
): Promise<{ paths: string[]; bytes: number }> {
  await mkdir(dir, { recursive: true });
  const paths: string[] = [];
  let bytes = 0;
  for (const file of records.flatMap(({ identity }) => identity.files)) {
    const target = path.join(dir, `${paths.length}.parquet`);
    const handle = await open(target, 'wx');
    try {
      bytes += await download(store, `${dataset.folder}/${file.path}`, file, handle, signal);
    } finally {
      await handle.close();
    }
    paths.push(target);
  }
  return { paths, bytes };
}

/** Concatenates the segments' rejects for the new segment; no file when there are none. */
async function keepRejects(
  { store }: Archive,
  records: readonly SegmentRecord[],
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const kept = records.flatMap(({ identity }) => identity.rejects ?? []);
  if (kept.length === 0) return;
  const file = await open(target, 'wx');
  try {
    for (const { key, sha256 } of kept) await download(store, key, { sha256 }, file, signal);
  } finally {
    await file.close();
  }
}

/** Expected content of the new files: the sum of the old segments' records, per ledger and per column. */
function stagedOf(
  group: CompactGroup,
  records: readonly SegmentRecord[],
  merged: MergedFiles,
): StagedDataset {
  const expected = records.flatMap(({ identity }) => identity.ledgers);
  const found = merged.ledgers;
  const same =
    found.length === expected.length &&
    expected.every(({ ledger, rows }, at) => found[at]?.ledger === ledger && found[at]?.rows === rows);
  if (!same)
    throw new ParquetryError(
      'VERIFY_MISMATCH',
      `The files of ledgers ${formatRange(group.range)} of ${group.dataset} do not contain the rows that their segments record.`,
    );
  const rows = expected.reduce((sum, ledger) => sum + ledger.rows, 0);
  const rejectedLedgers = records.flatMap(({ identity }) => identity.rejectedLedgers);
  const rejected = records.reduce((sum, { identity }) => sum + (identity.rejects?.rows ?? 0), 0);
  const content = createHash('sha256');
  for (const { identity } of records)
    content.update(`${formatRange(identity.range)}:${identity.contentHash}\n`);
  return {
    dataset: group.dataset,
    rows,
    rejected,
    messages: rows + rejected,
    sorted: true,
    ledgers: found,
    rejectedLedgers,
    bytes: 0,
    parts: [],
    partRows: [],
    contentHash: content.digest('hex'),
    columns: sumColumns(records),
  };
}

function sumColumns(records: readonly SegmentRecord[]): Record<string, ColumnTally> {
  const sums = new Map<string, ColumnTally>();
  for (const { columns } of records.flatMap(({ identity }) => identity.files))
    for (const [name, tally] of Object.entries(columns)) {
      const sum = sums.get(name);
      sums.set(name, sum === undefined ? tally : addColumns(sum, tally));
    }
  return Object.fromEntries(sums);
}

function addColumns(a: ColumnTally, b: ColumnTally): ColumnTally {
  const nulls = a.nulls + b.nulls;
  if (a.min === undefined || a.max === undefined) return { ...b, nulls };
  if (b.min === undefined || b.max === undefined) return { ...a, nulls };
  return {
    nulls,
    min: BigInt(a.min) < BigInt(b.min) ? a.min : b.min,
    max: BigInt(a.max) > BigInt(b.max) ? a.max : b.max,
  };
}

/** The sums; undefined unless all segments have them. */
function mergedConservation(records: readonly SegmentRecord[]): Conservation | undefined {
  let sum: Conservation | undefined;
  for (const { conservation: each } of records) {
    if (each === undefined) return undefined;
    const first = sum?.first ?? each.first;
    sum = {
      contract: each.contract,
      proved: (sum?.proved ?? 0) + each.proved,
      failed: (sum?.failed ?? 0) + each.failed,
      unchecked: (sum?.unchecked ?? 0) + each.unchecked,
      ...(first === undefined ? {} : { first }),
    };
  }
  return sum;
}

/** A complete chain, or `declared` when one of the segments is declared. @throws ParquetryError CHAIN_BROKEN */
function mergedProof(group: CompactGroup, records: readonly SegmentRecord[]): CoverageProof {
  let chain: { kind: 'chain'; firstPreviousHash: string; lastHash: string } | undefined;
  for (const { identity } of records) {
    const { proof } = identity;
    if (proof.kind === 'declared') return proof;
    if (chain !== undefined && chain.lastHash !== proof.firstPreviousHash)
      throw new ParquetryError(
        'CHAIN_BROKEN',
        `The ledger chain of ${group.dataset} breaks at ledger ${identity.range.start}.`,
        { hint: 'Run `parquetry verify`, then replace one of the two segments from the source.' },
      );
    chain = { ...proof, firstPreviousHash: chain?.firstPreviousHash ?? proof.firstPreviousHash };
  }
  return chain ?? { kind: 'declared' };
}
