import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LedgerRange, type WriteSettings, layoutFolder } from '@parquetry/core';
import { type RegisteredSchema, schemaFingerprint, type TableSchema } from '@parquetry/schema';
import type { Dataset } from '../dataset';
import type { SegmentDraft } from '../draft';
import type { ArchiveIdentity } from '../identity';

/** Identity of the archives in tests. */
export const IDENTITY: ArchiveIdentity = {
  formatVersion: 1,
  network: 'testnet',
  layout: { kind: 'ledger_day' },
  integers: 'unsigned',
  nesting: 'struct',
};

const SETTINGS: WriteSettings = { compression: 'snappy', layout: { kind: 'ledger_day' } };

/** A schema with two columns, for tests that read no Parquet. */
export const SMALL_SCHEMA: TableSchema = {
  messageType: 'events',
  origin: 'predefined',
  fields: [
    { id: 1, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false },
    {
      id: 2,
      name: 'closed_at',
      type: { type: 'timestamp', unit: 'us', timezone: 'UTC' },
      nullable: false,
    },
  ],
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
};

/** A schema as the registry would register it. */
export function registered(schema: TableSchema, version = 1): RegisteredSchema {
  return { subject: schema.messageType, version, fingerprint: schemaFingerprint(schema), schema };
}

/** Runs a test in a fresh folder and removes it afterwards. */
export async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'parquetry-archive-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** sha256 as hex. */
export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Close time of a ledger: five seconds per ledger from 2025-07-13T00:00:00Z, Unix microseconds. */
export function closeTime(ledger: number): number {
  return (Date.UTC(2025, 6, 13) + ledger * 5000) * 1000;
}

/**
 * A draft of `range` with `files` files, one row per ledger. Their content is `text`, not Parquet: enough for code that
 * only moves files. 0 files make an empty segment.
 */
export async function plainDraft(
  folder: string,
  range: LedgerRange,
  options: Partial<SegmentDraft> & { readonly text?: string; readonly count?: number } = {},
): Promise<SegmentDraft> {
  const { text = 'content', count = 1, ...rest } = options;
  const length = range.end - range.start + 1;
  const files = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const start = range.start + Math.floor((length * index) / count);
      const end = range.start + Math.floor((length * (index + 1)) / count) - 1;
      const bytes = `${text} ${start}-${end}`;
      const hash = sha256(bytes);
      const localPath = path.join(folder, hash);
      await writeFile(localPath, bytes);
      const rows = end - start + 1;
      return {
        localPath,
        folder: layoutFolder(SETTINGS.layout, start, closeTime(start)),
        range: { start, end },
        lastCloseTimeMicros: closeTime(end),
        size: Buffer.byteLength(bytes),
        sha256: hash,
        rows,
        columns: {
          ledger_sequence: { nulls: 0, min: String(start), max: String(end) },
          closed_at: { nulls: 0, min: String(closeTime(start)), max: String(closeTime(end)) },
        },
        reason: 'range_end' as const,
      };
    }),
  );
  return {
    range,
    schema: registered(SMALL_SCHEMA),
    settings: SETTINGS,
    contentHash: sha256(`${text} of ${count}`),
    files,
    ledgers:
      count === 0 ? [] : Array.from({ length }, (_, index) => ({ ledger: range.start + index, rows: 1 })),
    rejectedLedgers: [],
    proof: { kind: 'declared' },
    writer: { test: '1' },
    ...rest,
  };
}

/** Options of a draft that merges the live segments inside a range. */
export async function compactionOf(
  dataset: Dataset,
  { start, end }: LedgerRange,
): Promise<Pick<SegmentDraft, 'mode' | 'compaction'>> {
  const { segments } = await dataset.snapshot();
  const inside = segments.filter(({ range }) => range.start >= start && range.end <= end);
  return { mode: 'replace', compaction: inside.map(({ id }) => id) };
}
