import path from 'node:path';
import {
  type FileCut,
  type LedgerRange,
  type StagedDataset,
  type WriteSettings,
  dataFileName,
  planCuts,
} from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import { codecOptions } from './codec';
import { type WrittenFile, writeCut } from './cut';
import { probe } from './probe';
import { openRows } from './rows';
import type { RowSource } from './rowsource';
import type { Session } from './session';
import { DEFAULT_FILE_BYTES, rowGroupRows } from './sizes';
import { WorkFolder } from './work';

/** Request of `writeDataset`. */
export interface WriteRequest {
  /** The first part of the dataset's staged rows; the other parts are next to it. */
  readonly rowsFile: string;
  readonly staged: StagedDataset;
  /** The ledgers of the partition, inclusive. */
  readonly range: LedgerRange;
  readonly schema: RegisteredSchema;
  readonly settings: WriteSettings;
  /** Network passphrase, written into the files' metadata. */
  readonly network?: string;
  /** Local folder for the files, without subfolders; created if it does not exist. */
  readonly outDir: string;
  readonly signal?: AbortSignal;
  /** Called about once a second and at the end of each step. */
  readonly onProgress?: (progress: WriteProgress) => void;
  /** Called before each file is written. */
  readonly onFlush?: (flush: Flush) => void;
}

/** A file that is about to be written. */
export type Flush = Pick<WrittenFile, 'name' | 'folder' | 'range' | 'rows' | 'reason'>;

/** Progress for heartbeats. */
export interface WriteProgress {
  readonly step: 'load' | 'write';
  /** Files finished, and how many there will be (0 while loading). */
  readonly files: number;
  readonly totalFiles: number;
  /** Rows of the finished files. */
  readonly rows: number;
}

const PROGRESS_MS = 1000;

/** Writes a staged dataset; see `Writer.writeDataset`. */
export async function writeDataset(session: Session, request: WriteRequest): Promise<WrittenFile[]> {
  const { staged, schema, settings, outDir } = request;
  const codec = codecOptions(settings.compression, settings.compressionLevel);
  if (staged.rows === 0) return [];
  let progress: WriteProgress = { step: 'load', files: 0, totalFiles: 0, rows: 0 };
  const report = (): void => request.onProgress?.(progress);
  const timer = setInterval(report, PROGRESS_MS);
  const written: WrittenFile[] = [];
  let rows: RowSource | undefined;
  const work = await WorkFolder.make(outDir);
  try {
    rows = await openRows(session, {
      ...request,
      schema: schema.schema,
      ...(settings.sortBy === undefined ? {} : { sortBy: settings.sortBy }),
      sliceDir: path.join(work.dir, 'slice'),
    });
    report();
    const { cuts, groupRows } = await planFiles(session, rows, request, { codec, workDir: work.dir });
    const shape = { codec, groupRows, workDir: work.dir };
    for (const cut of cuts) {
      const name = dataFileName(cut.range, cut.lastCloseTimeMicros);
      const { folder, range, rows: count, reason } = cut;
      request.onFlush?.({ name, folder, range, rows: count, reason });
      written.push(await writeCut(session, { request, rows, cut, name, ...shape }));
      progress = {
        step: 'write',
        files: written.length,
        totalFiles: cuts.length,
        rows: progress.rows + cut.rows,
      };
      report();
    }
    await work.publish(written, request.signal);
    return written;
  } finally {
    clearInterval(timer);
    await rows?.close();
    await work.remove();
  }
}

/**
 * The files of a partition, by its triggers or by the default size if none is set, and their row group size. Files are
 * never larger than the stage, so most partitions need no probe.
 */
async function planFiles(
  session: Session,
  rows: RowSource,
  { range, staged, schema, settings }: WriteRequest,
  { codec, workDir }: { readonly codec: readonly string[]; readonly workDir: string },
): Promise<{ cuts: FileCut[]; groupRows: number }> {
  const { maxRowsPerFile: maxRows, maxFileBytes, layout } = settings;
  const maxBytes = maxFileBytes ?? (maxRows === undefined ? DEFAULT_FILE_BYTES : undefined);
  const triggers = maxRows === undefined ? {} : { maxRows };
  const groupRows = rowGroupRows(staged.bytes / staged.rows);
  if (maxBytes === undefined || staged.bytes < maxBytes)
    return { cuts: planCuts(range, staged.ledgers, layout, triggers), groupRows };
  const size = await probe(session, rows, { schema: schema.schema, staged, codec, workDir, groupRows });
  const byBytes = { ...triggers, maxBytes, bytesPerRow: size.fileBytesPerRow };
  return { cuts: planCuts(range, staged.ledgers, layout, byBytes), groupRows };
}
