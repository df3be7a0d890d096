import { ParquetryError } from '@parquetry/core';
import {
  CLOSE_TIME_COLUMN,
  type Evidence,
  KeyTable,
  LEDGER_COLUMN,
  messageEvidence,
  type TableSchema,
} from '@parquetry/schema';

/** Message types one source may hold. */
const MAX_DATASETS = 512;
/** JSON paths one source may hold: bounds the memory of inference. */
const MAX_PATHS = 500_000;

/** What the index pass knows of a dataset. */
export interface DatasetEntry {
  readonly name: string;
  /** Messages in the range. */
  messages: number;
  readonly evidence: Evidence;
  /** Position of the message with which the type had too many distinct keys. */
  tooWide?: string;
  /** Keys whose columns a registered or predefined schema has settled, whatever the values are. */
  readonly settled: KeyTable;
  /** Those of them whose columns are JSON text. */
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
    /** Keys that no row has, so that they make no column. */
    private readonly leaveOut: readonly string[] = [],
  ) {
    this.wanted = types === undefined ? undefined : new Set(types);
  }

  /** Names by number. */
  get names(): string[] {
    return this.entries.map(({ name }) => name);
  }

  /** Whether the run asked for the type. */
  wants(name: string): boolean {
    return this.wanted === undefined || this.wanted.has(name);
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** The dataset's number; a new one gets the next. */
  indexOf(name: string): number {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    if (this.entries.length === MAX_DATASETS)
      throw new ParquetryError('SOURCE_INVALID', `The source has more than ${MAX_DATASETS} message types.`, {
        hint: 'Choose some with --types, or name one for all messages with --message-type.',
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

  /** All datasets by name. */
  all(): DatasetEntry[] {
    return [...this.entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Refuses sources whose keys grow without end. */
  checkSize(): void {
    const paths = this.entries.reduce((sum, { evidence }) => sum + evidence.paths, 0);
    if (paths > MAX_PATHS)
      throw new ParquetryError(
        'SCHEMA_CONFLICT',
        `The messages have more than ${MAX_PATHS} distinct JSON paths.`,
        {
          details: { paths },
          hint: 'Leave the types with open maps out with --types.',
        },
      );
  }
}

/**
 * Keys of columns that are neither structs nor lists, which can gain members, nor taken apart into columns. A type without
 * a schema has those of ledger and close time, whatever the messages have under these keys.
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
