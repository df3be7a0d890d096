import {
  type Archive,
  type LiveFile,
  type SegmentRecord,
  type Snapshot,
  assertSegments,
  mapLimit,
} from '@parquetry/archive';
import { ownLedgers, type keptPlans, requestedLedgers } from '@parquetry/audit';
import {
  type Intervals,
  type LedgerRange,
  ParquetryError,
  clipIntervals,
  mergeIntervals,
  meets,
  subtractIntervals,
} from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import { type Piece, type SourceFile, piecesOf, windowOf } from './pieces';
import type { Partitioning } from './request';

const READS_AT_ONCE = 8;

/** The export of one dataset. */
export interface DatasetPlan {
  readonly dataset: string;
  /** Version of its log. */
  readonly version: number;
  /** The schema of the exported rows. */
  readonly schema: RegisteredSchema;
  /** Versions of the schema that the files of the archive have. */
  readonly schemaVersions: readonly number[];
  /** Exported ledgers. */
  readonly ledgers: Intervals;
  /** Requested ledgers that are not committed. */
  readonly gaps: Intervals;
  /** Rows by the segments' records. */
  readonly rows: number;
  readonly pieces: readonly Piece[];
}

/** What to plan the export of a dataset from. */
export interface PlanInput {
  readonly snapshot: Snapshot;
  /** The requested ledgers; absent for all that runs requested or committed. */
  readonly ranges?: Intervals;
  readonly partitioning: Partitioning;
  readonly plans: Awaited<ReturnType<typeof keptPlans>>;
}

/** Plans the files of a dataset's export from the records of its segments; no data file is read. */
export async function planDataset(archive: Archive, input: PlanInput): Promise<DatasetPlan> {
  const { snapshot, ranges, partitioning } = input;
  const { dataset } = snapshot;
  const wanted = await wantedLedgers(archive, input);
  const schema = await schemaOf(archive, snapshot);
  const byPath = new Map(snapshot.files.map((file) => [file.path, file]));
  const files: SourceFile[] = [];
  const rowsIn = new Map<number, number>();
  const segments = snapshot.segments.filter(({ range }) => meets(range, ranges));
  for (let from = 0; from < segments.length; from += READS_AT_ONCE) {
    const records = await mapLimit(segments.slice(from, from + READS_AT_ONCE), READS_AT_ONCE, ({ id }) =>
      archive.dataset(dataset).segment(id),
    );
    for (const { identity } of records) {
      const exported = identity.ledgers.filter(({ ledger }) => isIn(ledger, ranges));
      if (partitioning.by === 'ledgers')
        for (const { ledger, rows } of exported) {
          const window = windowOf(ledger, partitioning.width);
          rowsIn.set(window, (rowsIn.get(window) ?? 0) + rows);
        }
      for (const recorded of identity.files) {
        const rows = exported
          .filter(({ ledger }) => ledger >= recorded.range.start && ledger <= recorded.range.end)
          .reduce((sum, ledger) => sum + ledger.rows, 0);
        const live = byPath.get(recorded.path);
        if (rows > 0) files.push(sourceFile(identity, recorded, live, rows, schema));
      }
    }
  }
  assertSegments(snapshot, 'exported', 'Read the table with a Delta reader.');
  files.sort((a, b) => a.range.start - b.range.start);
  return {
    dataset,
    version: snapshot.version,
    schema,
    schemaVersions: [...new Set(files.map(({ schemaVersion }) => schemaVersion))].sort((a, b) => a - b),
    ledgers: mergeIntervals(wanted.flatMap((part) => clipIntervals(part, snapshot.coverage))),
    gaps: wanted.flatMap((part) => subtractIntervals(part, snapshot.coverage)),
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
    pieces: piecesOf(files, ranges, partitioning, rowsIn),
  };
}

function sourceFile(
  { schema, settings }: SegmentRecord['identity'],
  recorded: SegmentRecord['identity']['files'][number],
  file: LiveFile | undefined,
  rows: number,
  { schema: { closeTimeColumn } }: RegisteredSchema,
): SourceFile {
  const { path, range, sha256, columns } = recorded;
  if (file === undefined || file.sha256 !== sha256)
    throw new ParquetryError('LOG_CORRUPT', `The log and the segment records differ about ${path}.`, {
      details: { path },
      hint: 'Run `parquetry audit`: it names every difference.',
    });
  const { min, max } = columns[closeTimeColumn] ?? {};
  const closed = [BigInt(min ?? 0), BigInt(max ?? 0)] as const;
  return {
    ...{ file, range, sha256, rows, closed },
    whole: rows === recorded.rows,
    codec: settings.compression,
    schemaVersion: schema.version,
  };
}

/** The requested ledgers of the dataset's major; without a request, those of all runs and between the committed ones. */
async function wantedLedgers(
  archive: Archive,
  { snapshot, ranges, plans }: PlanInput,
): Promise<LedgerRange[]> {
  const { coverage, dataset } = snapshot;
  const [first, last] = [coverage[0], coverage.at(-1)];
  const span = first === undefined || last === undefined ? [] : [{ start: first.start, end: last.end }];
  const requested = requestedLedgers(plans).get(dataset) ?? [];
  return clipIntervals(await ownLedgers(archive, dataset), ranges ?? mergeIntervals([...requested, ...span]));
}

async function schemaOf(archive: Archive, { dataset, schema }: Snapshot): Promise<RegisteredSchema> {
  if (schema !== undefined) return archive.registry.get(schema.subject, schema.version);
  throw new ParquetryError('ARCHIVE_INVALID', `The dataset ${dataset} has no schema in its log.`);
}

function isIn(ledger: number, ranges: Intervals | undefined): boolean {
  return ranges === undefined || ranges.some(({ start, end }) => start <= ledger && ledger <= end);
}
