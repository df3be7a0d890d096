import { type Intervals, type LedgerRange, meets, ParquetryError } from '@parquetry/core';
import { SCHEMA_PROPERTIES } from './commit';
import type { MetaData, PartitionValues } from './delta/actions';
import type { TableState } from './delta/state';
import { statsRows } from './delta/stats';
import { fileRange, liveSegments, TAGS, tableCoverage } from './table';

/** A file in the table. Fields that only our commits record are absent for files of other programs. */
export interface LiveFile {
  /** The object's key in the archive's store. */
  readonly key: string;
  /** Relative to the dataset's folder. */
  readonly path: string;
  readonly size: number;
  readonly partitionValues: PartitionValues;
  readonly rows?: number;
  readonly sha256?: string;
  /** Ledgers the file covers, inclusive. */
  readonly range?: LedgerRange;
  /** Id of the file's segment. */
  readonly segment?: string;
  /** What closed the file: rows, bytes, age, layout_edge or range_end. */
  readonly reason?: string;
  /** Statistics of the file in the log, JSON text with exact integers; see `formatStats`. */
  readonly stats?: string;
}

/** An immutable view of a dataset at one version of its log. */
export interface Snapshot {
  readonly dataset: string;
  /** The dataset's folder below the archive's root. */
  readonly folder: string;
  /** -1 when nothing was committed yet. */
  readonly version: number;
  /** Live files by first ledger, those of other programs last. */
  readonly files: readonly LiveFile[];
  /** Live segments by first ledger, empty ones included. */
  readonly segments: readonly { readonly id: string; readonly range: LedgerRange; readonly files: number }[];
  readonly coverage: Intervals;
  /** The registered schema the table has. */
  readonly schema?: { readonly subject: string; readonly version: number; readonly fingerprint: string };
  readonly metaData?: MetaData;
  /** Keys of removed files that may still be on storage. */
  readonly removed: readonly string[];
}

/** The snapshot of a replayed log. */
export function snapshotOf(dataset: string, folder: string, state: TableState): Snapshot {
  const files = [...state.files.values()].map((file): LiveFile => {
    const rows = statsRows(file.stats);
    const range = fileRange(file);
    const sha256 = file.tags?.[TAGS.sha256];
    const segment = file.tags?.[TAGS.segment];
    const reason = file.tags?.[TAGS.reason];
    return {
      key: `${folder}/${file.path}`,
      path: file.path,
      size: file.size,
      partitionValues: file.partitionValues,
      ...(rows === undefined ? {} : { rows }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(range === undefined ? {} : { range }),
      ...(segment === undefined ? {} : { segment }),
      ...(reason === undefined ? {} : { reason }),
      ...(file.stats === undefined ? {} : { stats: file.stats }),
    };
  });
  const first = (file: LiveFile): number => file.range?.start ?? Number.POSITIVE_INFINITY;
  files.sort((a, b) => (first(a) === first(b) ? (a.path < b.path ? -1 : 1) : first(a) - first(b)));
  const schema = schemaOf(state.metaData);
  return {
    dataset,
    folder,
    version: state.version,
    files,
    segments: liveSegments(state).map(({ id, range, files: own }) => ({ id, range, files: own.length })),
    coverage: tableCoverage(state),
    ...(schema === undefined ? {} : { schema }),
    ...(state.metaData === undefined ? {} : { metaData: state.metaData }),
    removed: [...state.removed.keys()].map((path) => `${folder}/${path}`),
  };
}

/** The snapshot's files that may contain ledgers of some ranges, including files with unknown ledgers. */
export function filesIn(snapshot: Snapshot, ranges?: readonly LedgerRange[]): LiveFile[] {
  return snapshot.files.filter(({ range }) => range === undefined || meets(range, ranges));
}

function schemaOf(metaData: MetaData | undefined): Snapshot['schema'] {
  const subject = metaData?.configuration[SCHEMA_PROPERTIES.subject];
  const version = metaData?.configuration[SCHEMA_PROPERTIES.version];
  const fingerprint = metaData?.configuration[SCHEMA_PROPERTIES.fingerprint];
  if (subject === undefined || version === undefined || fingerprint === undefined) return undefined;
  return { subject, version: Number(version), fingerprint };
}

/**
 * Refuses a table with files of other programs, whose ledgers are not known.
 * @param done what can't be done with it: `exported`
 * @throws ParquetryError NOT_AVAILABLE
 */
export function assertSegments({ dataset, files }: Snapshot, done: string, hint: string): void {
  const foreign = files.find(({ segment }) => segment === undefined);
  if (foreign === undefined) return;
  throw new ParquetryError(
    'NOT_AVAILABLE',
    `${dataset} can't be ${done}: another program committed ${foreign.path}, and its ledgers are unknown.`,
    { details: { dataset, path: foreign.path }, hint },
  );
}
