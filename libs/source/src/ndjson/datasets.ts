import { ParquetryError } from '@parquetry/core';
import {
  CLOSE_TIME_COLUMN,
  type Evidence,
  KeyTable,
  LEDGER_COLUMN,
  messageEvidence,
  type TableSchema,
} from '@parquetry/schema';

/** Maximum number of message types in a source. */
const MAX_DATASETS = 512;
/** Maximum number of JSON paths in a source; it limits the memory of inference. */
const MAX_PATHS = 500_000;

/** What the index pass has found about a dataset. */
export interface DatasetEntry {
  readonly name: string;
  /** Messages in the range. */
  messages: number;
  readonly evidence: Evidence;
  /** Position of the message with which the number of distinct keys exceeded the limit. */
  tooWide?: string;
  /** Keys of columns whose type is fixed, by a registered or predefined schema, for any value. */
  readonly settled: KeyTable;
  /** The keys in `settled` whose columns are JSON text. */
  readonly texts: KeyTable;
}

/** The datasets seen so far, numbered in order of arrival. */
export class DatasetTable {
  private readonly entries: DatasetEntry[] = [];
  private readonly byName = new Map<string, number>();
  private readonly wanted: ReadonlySet<string> | undefined;

  constructor(
    types: readonly string[] | undefined,
    private readonly schemas: ReadonlyMap<string, TableSchema>,
    /** Keys that are left out of all rows, so they get no column. */
    private readonly leaveOut: readonly string[] = [],
  ) {
    this.wanted = types === undefined ? undefined : new Set(types);
  }

  /** Names, by number. */
  get names(): string[] {
    return this.entries.map(({ name }) => name);
  }

  /** Whether the type was requested. */
  wants(name: string): boolean {
    return this.wanted === undefined || this.wanted.has(name);
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** The dataset's number; a new dataset gets the next one. */
  indexOf(name: string): number {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    if (this.entries.length === MAX_DATASETS)
      throw new ParquetryError('SOURCE_INVALID', `The source has more than ${MAX_DATASETS} message types.`, {
        hint: 'Select types with --types, or set one type for all messages with --message-type.',
      });
    const index = this.entries.length;
    this.entries.push({
      name,
      messages: 0,
      evidence: messageEvidence(),
      ...settledKeys(this.schemas.get(name), this.leaveOut),
    });
    this.byName.set(name, index);
    return index;
  }

  at(index: number): DatasetEntry {
    return this.entries[index] as DatasetEntry;
  }

  /** All datasets, by name. */
  all(): DatasetEntry[] {
    return [...this.entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Refuses a source with too many distinct keys. */
  checkSize(): void {
    const paths = this.entries.reduce((sum, { evidence }) => sum + evidence.paths, 0);
    if (paths > MAX_PATHS)
      throw new ParquetryError(
        'SCHEMA_CONFLICT',
        `The messages have more than ${MAX_PATHS} distinct JSON paths.`,
        {
          details: { paths },
          hint: 'Use --types to leave out types with maps whose keys are data.',
        },
      );
  }
}

/**
 * Keys of columns whose type no value changes: not structs or lists, which can gain members, and not flattened objects.
 * A type without a schema has the keys of its ledger and close time columns.
 */
function settledKeys(
  schema: TableSchema | undefined,
  leaveOut: readonly string[],
): { settled: KeyTable; texts: KeyTable } {
  const own = schema === undefined ? [LEDGER_COLUMN, CLOSE_TIME_COLUMN] : [];
  const settled = new KeyTable([...leaveOut, ...own]);
  const texts = new KeyTable();
  const apart = new Set(schema?.fields.flatMap(({ path }) => (path === undefined ? [] : [path[0]])));
  for (const { key, name, type, path } of schema?.fields ?? []) {
    const own = key ?? name;
    if (path !== undefined || apart.has(own) || type.type === 'struct' || type.type === 'list') continue;
    settled.add(own);
    if (type.type === 'json') texts.add(own);
  }
  return { settled, texts };
}
