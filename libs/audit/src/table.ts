import type { Archive, LiveFile } from '@parquetry/archive';
import {
  type Intervals,
  type LedgerRange,
  intersectIntervals,
  meets,
  mergeIntervals,
  subtractIntervals,
} from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import { readColumns } from '@parquetry/verify';
import { fileBytes } from './bytes';

/** The readable files of a message type over all its majors, and the ledgers that they cover. */
export interface Table {
  readonly files: readonly { readonly file: LiveFile; readonly schema: RegisteredSchema }[];
  readonly answers: Intervals;
}

/** Which part of the archive proofs read. */
export interface ProofScope {
  readonly ranges?: Intervals;
  /** All datasets when absent. */
  readonly datasets?: readonly string[];
  /** Keys of unreadable files; their ledgers are excluded. */
  readonly damaged: ReadonlySet<string>;
  /** Ledgers with rejects, by dataset; they are excluded, because rows are missing. */
  readonly rejected: ReadonlyMap<string, Intervals>;
}

/** The table of a message type; empty when the archive does not have it, or has it without these columns. */
export async function openTable(
  archive: Archive,
  messageType: string,
  columns: readonly string[],
  { ranges, datasets, damaged, rejected }: ProofScope,
): Promise<Table> {
  const files: { file: LiveFile; schema: RegisteredSchema }[] = [];
  const answers: LedgerRange[] = [];
  for (const { dataset } of await archive.majors.list(messageType)) {
    if (datasets?.includes(dataset) === false) continue;
    const table = archive.dataset(dataset);
    const snapshot = await table.snapshot();
    if (snapshot.schema === undefined) continue;
    const { subject, version } = snapshot.schema;
    const schema = await archive.registry.get(subject, version);
    const names = new Set(schema.schema.fields.map(({ name }) => name));
    if (columns.some((name) => !names.has(name))) return { files: [], answers: [] };
    const without = rejected.get(dataset) ?? [];
    let covered = snapshot.coverage.flatMap((part) => subtractIntervals(part, without));
    for (const file of snapshot.files) {
      if (file.range === undefined) continue;
      if (!meets(file.range, ranges)) continue;
      if (damaged.has(file.key))
        covered = covered.flatMap((part) => subtractIntervals(part, [file.range as LedgerRange]));
      else files.push({ file, schema });
    }
    // A file may hold more ledgers than were asked for; other tables need not have read those.
    answers.push(...(ranges === undefined ? covered : intersectIntervals(ranges, covered)));
  }
  files.sort((a, b) => (a.file.range?.start ?? 0) - (b.file.range?.start ?? 0));
  return { files, answers: mergeIntervals(answers) };
}

/** Values of some columns of all rows of a table, in ledger order. */
export async function* tableRows(
  archive: Archive,
  { files }: Table,
  columns: readonly string[],
): AsyncGenerator<readonly unknown[]> {
  for (const { file, schema } of files)
    yield* readColumns({
      file: await fileBytes(archive.store, file),
      name: file.key,
      schema: schema.schema,
      columns,
    });
}
