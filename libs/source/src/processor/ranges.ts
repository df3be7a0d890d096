import { createHash } from 'node:crypto';
import { type LedgerRange, ParquetryError, formatRange, partitionsOf, rangeLength } from '@parquetry/core';
import type { SourceFile } from '../ndjson/files/sourcefile';

/** Maximum number of answers of a run; the plan lists all of them. */
const MAX_ANSWERS = 10_000;

/**
 * The answers of a processor for a run, as a spec for `listFiles`: one per partition, or one for several partitions if
 * a run has very many.
 */
export function answersSpec(uri: string, range: LedgerRange, partitionSize: number): string {
  const width = partitionSize * Math.max(1, Math.ceil(rangeLength(range) / partitionSize / MAX_ANSWERS));
  return `${uri}#${range.start}-${range.end}/${width}`;
}

/** The answers in a spec, as files still to be fetched; undefined for a spec of real files. */
export function answerFiles(spec: string): SourceFile[] | undefined {
  const match = /^((?:https?|processor):[^#]+)#(\d+)-(\d+)\/(\d+)$/.exec(spec);
  if (match === null) return undefined;
  const [, uri = '', start, end, width] = match;
  return [...partitionsOf({ start: Number(start), end: Number(end) }, Number(width))].map((range) =>
    answerFile(uri, range),
  );
}

/** The answer for one range as a file. */
export function answerFile(uri: string, { start, end }: LedgerRange): SourceFile {
  const path = `${uri}?start=${start}&end=${end}`;
  const spool = `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.spool`;
  return { name: path, path, packing: 'remote', size: 0, spool };
}

/** Whether a file is an answer of a processor. */
export function isAnswer({ path, packing }: SourceFile): boolean {
  return packing === 'remote' && /^(https?|processor):/.test(path);
}

/** @throws ParquetryError SOURCE_INVALID when a message of this ledger does not belong to an answer */
export function assertAnswered(file: SourceFile, ledger: number, line: number): void {
  const { uri, range } = answerRequest(file);
  if (ledger >= range.start && ledger <= range.end) return;
  throw new ParquetryError(
    'SOURCE_INVALID',
    `${uri} returned ledger ${ledger} for the range ${formatRange(range)} (line ${line} or later).`,
    {
      details: { source: uri, ledger, start: range.start, end: range.end },
      hint: 'A processor must return exactly the messages of start to end, both inclusive.',
    },
  );
}

/** The request that an answer belongs to. */
export function answerRequest({ path }: SourceFile): { readonly uri: string; readonly range: LedgerRange } {
  const match = /^(.*)\?start=(\d+)&end=(\d+)$/.exec(path);
  if (match === null) throw new ParquetryError('INTERNAL', 'A plan names an answer without its range.');
  return { uri: match[1] as string, range: { start: Number(match[2]), end: Number(match[3]) } };
}
