import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, type StagedDataset, partName } from '@parquetry/core';

/** A file of staged rows. */
export interface Part {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly rows: number;
}

/**
 * Checks and lists the files of a staged dataset: they have the sizes that the pull wrote, and all its rows.
 * @throws ParquetryError STAGE_LOST if one is missing or has another size, WRITE_FAILED if the row count differs
 */
export async function stageParts(rowsFile: string, staged: StagedDataset): Promise<Part[]> {
  const dir = path.dirname(rowsFile);
  const parts = staged.parts.map((size, index): Part => ({
    path: index === 0 ? rowsFile : path.join(dir, partName(staged.dataset, index)),
    size,
    rows: staged.partRows[index] ?? 0,
  }));
  for (const part of parts) await checkPart(part, staged.dataset);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  if (rows !== staged.rows)
    throw new ParquetryError(
      'WRITE_FAILED',
      `The parts of ${staged.dataset} hold ${rows} rows, the pull staged ${staged.rows}.`,
      { details: { dataset: staged.dataset, expected: staged.rows, found: rows } },
    );
  return parts;
}

async function checkPart(part: Part, dataset: string): Promise<void> {
  const size = await stat(part.path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === part.size) return;
  throw new ParquetryError(
    'STAGE_LOST',
    size === undefined
      ? `The staged rows of ${dataset} are not on this worker.`
      : `The staged rows of ${dataset} hold ${size} bytes, the pull wrote ${part.size}.`,
    { details: { dataset, expected: part.size, found: size ?? null }, hint: 'Pull the partition again.' },
  );
}
