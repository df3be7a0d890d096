import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Codec, type Intervals, ParquetryError } from '@parquetry/core';
import { type RegisteredSchema, quoteName } from '@parquetry/schema';
import { type ObjectStore, localCopy } from '@parquetry/storage';
import { hashFile } from '@parquetry/system';
import { openQuery } from '@parquetry/writer';
import type { Piece, SourceFile } from './pieces';
import type { ExportRequest } from './request';
import type { ExportedFile, ExportTarget } from './target';

/** What the files of a dataset are written from. */
export interface WriteContext {
  readonly store: ObjectStore;
  readonly target: ExportTarget;
  readonly request: ExportRequest;
  readonly dataset: string;
  readonly schema: RegisteredSchema;
  /** Exported ledgers. */
  readonly ranges: Intervals | undefined;
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Writes one exported file; undefined for one without rows. It is written to a temporary file first, so that the target
 * only ever has whole files.
 * @throws ParquetryError VERIFY_MISMATCH when its rows are not those that the segments' records count
 */
export async function writePiece(
  context: WriteContext,
  piece: Piece,
  name: string,
): Promise<ExportedFile | undefined> {
  const { store, target, request, signal } = context;
  const folder = await mkdtemp(path.join(tmpdir(), 'parquetry-export-'));
  try {
    const locals: string[] = [];
    for (const { file, sha256 } of piece.files) {
      signal.throwIfAborted();
      locals.push(await localCopy(store, { ...file, sha256 }, folder));
    }
    if (isCopy(context, piece)) {
      const [{ file, sha256, rows }] = piece.files as [SourceFile];
      const identity = { sha256, size: file.size };
      return await target.put(locals[0] as string, identity, { path: name, rows, copied: true });
    }
    const draft = path.join(folder, 'export');
    const codec = request.compression ?? piece.files[0]?.codec ?? 'snappy';
    const rows = await writeRows(context, piece, locals, draft, codec);
    if (piece.rows !== undefined && rows !== piece.rows)
      throw new ParquetryError(
        'VERIFY_MISMATCH',
        `${name} has ${rows} rows; the segments record ${piece.rows}.`,
        {
          details: { file: name, rows, expected: piece.rows },
          hint: 'Run `parquetry verify` on the archive.',
        },
      );
    // Whether a calendar unit has rows is known only now.
    if (rows === 0 && piece.rows === undefined) return undefined;
    return await target.put(draft, await hashFile(draft), { path: name, rows, copied: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a Parquet file of the archive is the exported file: the same rows, columns and codec. */
function isCopy({ request, schema }: WriteContext, { files, ledgers, closed }: Piece): boolean {
  const [only] = files;
  return (
    request.format === 'parquet' &&
    only !== undefined &&
    files.length === 1 &&
    ledgers === undefined &&
    closed === undefined &&
    only.whole &&
    only.schemaVersion === schema.version &&
    (request.compression ?? only.codec) === only.codec
  );
}

async function writeRows(
  { request, dataset, schema, ranges, memoryBytes, signal }: WriteContext,
  { ledgers, closed }: Piece,
  files: readonly string[],
  draft: string,
  codec: Codec,
): Promise<number> {
  const engine = await openQuery({ memoryLimit: `${Math.floor(memoryBytes / 1e6)}MB` });
  const interrupt = (): void => engine.interrupt();
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', interrupt);
    await engine.createView(dataset, files, schema.schema, ledgers ?? ranges);
    const column = quoteName(schema.schema.closeTimeColumn);
    const sql = `SELECT * FROM ${quoteName(dataset)}${
      closed === undefined
        ? ''
        : ` WHERE ${column} >= ${literal(closed[0])} AND ${column} < ${literal(closed[1])}`
    }`;
    if (request.format === 'parquet') return await engine.copyParquet(sql, draft, codec);
    let rows = 0;
    const parts = Readable.from(engine.stream(sql, request.format, (count) => (rows += count)));
    const file = createWriteStream(draft);
    await (request.compression === 'gzip' ? pipeline(parts, createGzip(), file) : pipeline(parts, file));
    return rows;
  } finally {
    signal.removeEventListener('abort', interrupt);
    await engine.close();
  }
}

/** A whole second in Unix microseconds as SQL. */
function literal(micros: bigint): string {
  return `TIMESTAMPTZ '${new Date(Number(micros / 1000n)).toISOString().slice(0, 19).replace('T', ' ')}+00'`;
}
