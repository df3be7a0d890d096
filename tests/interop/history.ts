import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Archive, type PublishResult } from '@parquetry/archive';
import { compactionOf } from '../../libs/archive/src/testing/fixture';
import {
  type Codec,
  DEFAULT_WRITE_SETTINGS,
  type IntegerStyle,
  type LedgerRange,
  type WriteSettings,
} from '@parquetry/core';
import {
  type Field,
  type RegisteredSchema,
  type TableSchema,
  portableSchema,
  schemaFingerprint,
} from '@parquetry/schema';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { type Writer, type WrittenFile, openWriter } from '@parquetry/writer';
import { SCHEMA, type StagedRow, sampleRow, stageRows } from '../../libs/writer/src/testing/stage';

const PER_LEDGER = 5;
const FIRST = 420_000;
const LAYOUT = { kind: 'ledger_day' } as const;
const NOTE: Field = { id: 30, name: 'note', type: { type: 'utf8' }, nullable: true };

/** Every column type, and the same with one more column. */
const VERSIONS: readonly TableSchema[] = [SCHEMA, { ...SCHEMA, fields: [...SCHEMA.fields, NOTE] }];

/** Without a column, which the same table may not lose: it needs a new major. */
const MAJOR: TableSchema = { ...SCHEMA, fields: SCHEMA.fields.filter(({ name }) => name !== 'delta') };

/**
 * An archive on disk with the dataset `everything`, which has all column types, and perhaps its second major
 * `everything.v2`; written as the activities do it.
 */
export class History {
  private constructor(
    private readonly dir: string,
    private readonly writer: Writer,
    readonly archive: Archive,
  ) {}

  /** Opens a history in `dir`: a new one, or one that continues in an archive. */
  static async open(
    dir: string,
    there?: Archive,
    options: { readonly store?: ObjectStore; readonly integers?: IntegerStyle } = {},
  ): Promise<History> {
    await mkdir(dir, { recursive: true });
    const writer = await openWriter({ threads: 1 });
    if (there !== undefined) return new History(dir, writer, there);
    const { store = new LocalStore(path.join(dir, 'archive')), integers = 'unsigned' } = options;
    const archive = await Archive.open(store, {
      create: {
        formatVersion: 1,
        network: 'testnet',
        layout: LAYOUT,
        integers,
        nesting: 'struct',
      },
      checkpointWriter: {
        write: async (rows, output) => {
          const input = path.join(dir, 'checkpoint.ndjson');
          await writeFile(input, [...rows.lines()].map((line) => `${line}\n`).join(''));
          await writer.copyNdjsonToParquet({ input, columns: rows.columns, output });
        },
      },
    });
    return new History(dir, writer, archive);
  }

  /** Folder of the Delta table. */
  get table(): string {
    return path.join(this.archive.store.uri, 'everything');
  }

  /** Writes the rows of ledgers as files outside the table. */
  async files(codec: Codec, integers: 'unsigned' | 'signed'): Promise<readonly WrittenFile[]> {
    const schema = integers === 'signed' ? portableSchema(SCHEMA) : SCHEMA;
    const rows = Array.from({ length: 120 }, (_, index) => sampleRow(index, PER_LEDGER));
    const range = { start: FIRST, end: FIRST + 23 };
    return this.write(range, rows, registered(schema, 1), {
      ...DEFAULT_WRITE_SETTINGS,
      compression: codec,
      integers,
    });
  }

  /** Commits `count` ledgers from `from` (0 is the first), of schema version 1 or 2; five rows a ledger, or none. */
  async commit(
    from: number,
    count: number,
    options: {
      readonly version?: 1 | 2;
      /** Into `everything.v2`; `promote` first. */
      readonly major?: boolean;
      readonly compression?: Codec;
      readonly empty?: boolean;
      readonly replace?: boolean;
      readonly compaction?: boolean;
      /** Changes the rows of the sample. */
      readonly change?: (row: StagedRow, index: number) => StagedRow;
    } = {},
  ): Promise<PublishResult> {
    const { version = 1, compression = 'snappy', empty = false, major = false } = options;
    const dataset = major ? `${SCHEMA.messageType}.v2` : SCHEMA.messageType;
    const range = { start: FIRST + from, end: FIRST + from + count - 1 };
    const rows = Array.from({ length: empty ? 0 : count * PER_LEDGER }, (_, index): StagedRow => {
      const sample = sampleRow(from * PER_LEDGER + index, PER_LEDGER);
      const row = options.change?.(sample, index) ?? sample;
      return version === 1 ? row : { ...row, note: index % 2 === 0 ? null : `note ${index}` };
    });
    const { integers } = this.archive.identity;
    const schemas = major ? [MAJOR] : VERSIONS.slice(0, version);
    const schema = await this.register(dataset, schemas, integers);
    const settings: WriteSettings = {
      ...DEFAULT_WRITE_SETTINGS,
      layout: LAYOUT,
      compression,
      ...(integers === 'signed' ? { integers } : {}),
    };
    const files = await this.write(range, rows, schema, settings);
    const ledgers = files.flatMap((file) => file.ledgers);
    const merged =
      options.compaction === true ? await compactionOf(this.archive.dataset(dataset), range) : {};
    return this.archive.dataset(dataset).publish({
      range,
      schema,
      settings,
      contentHash: contentHash(range, options.compaction ?? false),
      files: files.map((file) => ({
        localPath: file.path,
        folder: file.folder,
        range: file.range,
        lastCloseTimeMicros: Math.max(...file.ledgers.map((ledger) => ledger.lastCloseTimeMicros)),
        size: file.size,
        sha256: file.sha256,
        rows: file.rows,
        columns: file.columns,
        reason: file.reason,
      })),
      ledgers,
      rejectedLedgers: [],
      proof: { kind: 'declared' },
      writer: { test: '1' },
      ...(options.replace === true ? { mode: 'replace' as const } : {}),
      ...merged,
    });
  }

  /** Registers schema versions of a dataset, and returns the last one. */
  private async register(
    dataset: string,
    versions: readonly TableSchema[],
    integers: IntegerStyle,
  ): Promise<RegisteredSchema> {
    for (const each of versions)
      await this.archive.registry.register(dataset, integers === 'signed' ? portableSchema(each) : each);
    return this.archive.registry.get(dataset, versions.length);
  }

  close(): Promise<void> {
    return this.writer.close();
  }

  private async write(
    range: LedgerRange,
    rows: readonly StagedRow[],
    schema: RegisteredSchema,
    settings: WriteSettings,
  ): Promise<readonly WrittenFile[]> {
    const dir = path.join(this.dir, `stage-${(stages += 1)}`);
    await mkdir(dir);
    const { rowsFile, staged } = await stageRows(dir, schema.schema, rows);
    return this.writer.writeDataset({
      rowsFile,
      staged,
      range,
      schema,
      settings,
      outDir: path.join(dir, 'out'),
    });
  }
}

let stages = 0;

function registered(schema: TableSchema, version: number): RegisteredSchema {
  return { subject: schema.messageType, version, fingerprint: schemaFingerprint(schema), schema };
}

function contentHash({ start, end }: LedgerRange, compaction: boolean): string {
  return Buffer.from(`${start}-${end} ${String(compaction)}`)
    .toString('hex')
    .padEnd(64, '0')
    .slice(0, 64);
}
