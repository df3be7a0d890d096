import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, type StagedDataset, partName } from '@parquetry/core';

/** A file of staged rows. */
export interface Part {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Rows, where the stage's form is not text. */
  readonly rows?: number;
}

/**
 * The files of a staged dataset, which are as large as the pull wrote them.
 * @throws ParquetryError STAGE_LOST when one is gone or of another size
 */
export async function stageParts(rowsFile: string, staged: StagedDataset): Promise<Part[]> {
  const dir = path.dirname(rowsFile);
  const parts = (staged.parts ?? [staged.bytes]).map((size, index): Part => {
    const file = index === 0 ? rowsFile : path.join(dir, partName(staged.dataset, index, staged.form));
    const rows = staged.partRows?.[index];
    return { path: file, size, ...(rows === undefined ? {} : { rows }) };
  });
  for (const part of parts) await checkPart(part, staged.dataset);
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
