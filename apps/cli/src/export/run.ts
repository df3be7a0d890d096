import { mapLimit } from '@parquetry/archive';
import { keptPlans } from '@parquetry/audit';
import { ParquetryError, formatRange } from '@parquetry/core';
import { type ObjectStore, openStore } from '@parquetry/storage';
import { openArchive } from '../archive';
import { archiveRanges } from '../archiveledgers';
import { assertApart, knownDatasets } from '../datasets';
import { onInterrupt } from '../interrupt';
import { type Output, counted, formatBytes, formatCount } from '../output';
import { ownPackage } from '../ownpackage';
import { archiveRoot } from '../runspec';
import { stateView } from '../screen/view';
import { type DatasetPlan, planDataset } from './plan';
import { type ExportRequest, extensionOf } from './request';
import { type ExportedFile, ExportTarget } from './target';
import { writePiece } from './write';

/** Datasets that are planned at the same time. */
const PLANS_AT_ONCE = 4;
/** Gaps that the error names. */
const NAMED_GAPS = 10;

/** What `parquetry export` was asked for. */
export interface ExportOptions extends ExportRequest {
  readonly archive: string;
  readonly out: string;
  readonly ledgers?: string;
  /** All datasets when absent. */
  readonly datasets?: readonly string[];
  readonly overwrite: boolean;
  readonly resume: boolean;
  readonly allowGaps: boolean;
  readonly memoryBytes: number;
}

/** Writes rows of an archive as plain files, and a manifest of them as the last one. */
export async function exportArchive(options: ExportOptions, output: Output): Promise<number> {
  const { archive, store } = await openArchive(options.archive);
  const datasets = knownDatasets(await archive.datasets(), options.datasets);
  const to = openStore(archiveRoot(options.out));
  assertApart(store.uri, to.uri);
  const ranges = await archiveRanges(async () => archive, options.ledgers, output, {
    datasets,
    edges: 'refuse',
  });
  const { format, partitioning, compression } = options;
  const request = {
    archive: store.uri,
    datasets,
    ledgers: ranges?.map(({ start, end }) => ({ start, end })) ?? null,
    ...{ format, partitioning, compression: compression ?? null, parquetry: ownPackage.version },
  };
  const target = await ExportTarget.open(to, request, options);
  const pinned = target.versions;
  const kept = await keptPlans(store);
  const plans = await mapLimit(datasets, PLANS_AT_ONCE, async (name) => {
    const version = pinned?.[name];
    const table = archive.dataset(name);
    const snapshot = version === undefined ? await table.snapshot() : await table.snapshotAt({ version });
    return planDataset(archive, {
      snapshot,
      ...(ranges === undefined ? {} : { ranges }),
      partitioning,
      plans: kept,
    });
  });
  if (!options.allowGaps) assertComplete(plans);
  const names = new Map(plans.map((plan) => [plan, namesOf(plan, options)]));
  await target.begin({
    request,
    versions: Object.fromEntries(plans.map(({ dataset, version }) => [dataset, version])),
    planned: [...names.values()].flat(),
  });
  const written = await writeAll(plans, names, { store, target, ranges, ...options }, output);
  const manifest = {
    formatVersion: 1,
    parquetry: ownPackage.version,
    archive: { uri: store.uri, ...archive.identity },
    ...{ format, partitioning, compression: compression ?? null, ledgers: request.ledgers },
    datasets: plans.map((plan) => describe(plan, written.get(plan) ?? [])),
  };
  await target.finish(manifest);
  say(manifest, target.store, output);
  output.document({ target: target.store.uri, ...manifest });
  return 0;
}

function namesOf({ dataset, pieces }: DatasetPlan, request: ExportRequest): string[] {
  const end = extensionOf(request);
  return pieces.map(({ name }) => (name === '' ? `${dataset}.${end}` : `${dataset}/${name}.${end}`));
}

/** @throws ParquetryError COVERAGE_GAP naming the ledgers that are not committed */
function assertComplete(plans: readonly DatasetPlan[]): void {
  const gaps = plans.flatMap(({ dataset, gaps: own }) => own.map((gap) => `${dataset} ${formatRange(gap)}`));
  if (gaps.length === 0) return;
  const more = gaps.length > NAMED_GAPS ? ` and ${gaps.length - NAMED_GAPS} more` : '';
  throw new ParquetryError(
    'COVERAGE_GAP',
    `Ledgers to export are not committed: ${gaps.slice(0, NAMED_GAPS).join(', ')}${more}. Nothing was written.`,
    {
      details: { gaps: gaps.slice(0, 100), count: gaps.length },
      hint: '`parquetry coverage` shows whether they are missing or parked. Backfill them, or add --allow-gaps.',
    },
  );
}

interface Writing extends ExportOptions {
  readonly store: ObjectStore;
  readonly target: ExportTarget;
  readonly ranges: readonly { readonly start: number; readonly end: number }[] | undefined;
}

async function writeAll(
  plans: readonly DatasetPlan[],
  names: ReadonlyMap<DatasetPlan, readonly string[]>,
  options: Writing,
  output: Output,
): Promise<Map<DatasetPlan, ExportedFile[]>> {
  const { store, target, ranges, memoryBytes } = options;
  const total = plans.reduce((sum, { pieces }) => sum + pieces.length, 0);
  const interrupt = onInterrupt();
  const view = stateView(output);
  const written = new Map<DatasetPlan, ExportedFile[]>();
  const { signal } = interrupt;
  let [done, bytes] = [0, 0];
  try {
    for (const plan of plans) {
      const { dataset, schema, pieces } = plan;
      const files: ExportedFile[] = [];
      written.set(plan, files);
      const context = { store, target, request: options, dataset, schema, ranges, memoryBytes, signal };
      for (const [index, piece] of pieces.entries()) {
        signal.throwIfAborted();
        const name = names.get(plan)?.[index] as string;
        const file = (await target.written(name)) ?? (await writePiece(context, piece, name));
        if (file !== undefined) files.push(file);
        done += 1;
        bytes += file?.bytes ?? 0;
        view.update([dataset, `${formatCount(done)} of ${counted(total, 'file')}`, formatBytes(bytes)]);
      }
      assertRows(plan, files);
    }
    return written;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new ParquetryError('CANCELLED', 'The export was interrupted.', {
      hint: 'The same command with --resume continues it.',
      cause: error,
    });
  } finally {
    view.end();
    interrupt.dispose();
  }
}

/** @throws ParquetryError VERIFY_MISMATCH when the files do not have the rows of the segments */
function assertRows({ dataset, rows }: DatasetPlan, files: readonly ExportedFile[]): void {
  const found = files.reduce((sum, file) => sum + file.rows, 0);
  if (found === rows) return;
  throw new ParquetryError(
    'VERIFY_MISMATCH',
    `The exported files of ${dataset} have ${found} rows; the segments record ${rows}.`,
    { details: { dataset, rows: found, expected: rows }, hint: 'Run `parquetry verify` on the archive.' },
  );
}

/** A dataset in the manifest. */
function describe(plan: DatasetPlan, files: readonly ExportedFile[]) {
  const { dataset, version, schema, schemaVersions, ledgers, gaps, rows } = plan;
  return {
    dataset,
    version,
    schema: { subject: schema.subject, version: schema.version, fingerprint: schema.fingerprint },
    ...{ schemaVersions, ledgers, gaps, rows },
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    files,
  };
}

function say(
  { datasets }: { readonly datasets: readonly ReturnType<typeof describe>[] },
  { uri }: ObjectStore,
  output: Output,
): void {
  output.table(
    ['dataset', 'ledgers', 'missing', 'files', 'copied', 'rows', 'size'],
    datasets.map(({ dataset, ledgers, gaps, files, rows, bytes }) => [
      dataset,
      ledgers.map(formatRange).join(', ') || 'none',
      gaps.map(formatRange).join(', ') || 'none',
      files.length,
      files.filter(({ copied }) => copied).length,
      rows,
      formatBytes(bytes),
    ]),
  );
  output.say(`Wrote ${uri}: all rows that the segments record, and the manifest _export.json.`);
}
