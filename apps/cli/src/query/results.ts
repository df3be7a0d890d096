import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { replaceFile } from '@parquetry/system';
import type { Query } from '@parquetry/writer';
import { type Output, formatBytes, formatCount } from '../output';
import { type Format, FORMATS } from './formats';

/** Rows that a table on a terminal shows. */
const TABLE_ROWS = 10_000;

/**
 * The format of a result: the one requested, or that of the file's name; a table without a file.
 * @throws ParquetryError USAGE
 */
export function formatOf(format: Format | undefined, file: string | undefined, json: boolean): Format {
  const extension = file === undefined ? '' : path.extname(file).slice(1);
  const found = format ?? FORMATS.find((each) => each === extension && each !== 'table');
  if (file !== undefined && (found === undefined || found === 'table'))
    throw new ParquetryError('USAGE', `The format of ${file} is not known from its name.`, {
      hint: `Add --format ${FORMATS.slice(1).join('|')}.`,
    });
  if (file === undefined && found === 'parquet')
    throw new ParquetryError('USAGE', 'A Parquet result needs a file.', {
      hint: 'Add --output FILE.parquet.',
    });
  if (file === undefined && json && found !== undefined && found !== 'table')
    throw new ParquetryError('USAGE', `--json prints one JSON document, so --format ${found} needs a file.`, {
      hint: 'Add --output FILE, or omit --json.',
    });
  return found ?? 'table';
}

/** Runs one SELECT and writes its result to stdout or to a file. */
export async function writeResult(
  engine: Query,
  sql: string,
  format: Format,
  file: string | undefined,
  output: Output,
): Promise<void> {
  if (format === 'table') return printTable(engine, sql, output);
  if (file !== undefined) return writeFile(engine, sql, format, path.resolve(file), output);
  if (format === 'parquet') throw new Error('a Parquet result needs a file');
  try {
    await pipeline(Readable.from(engine.stream(sql, format)), process.stdout, { end: false });
  } catch (error) {
    // The reader of the pipe has all that it wants: `| head`.
    if (systemErrorCode(error) !== 'EPIPE') throw error;
  }
}

async function writeFile(
  engine: Query,
  sql: string,
  format: Exclude<Format, 'table'>,
  file: string,
  output: Output,
): Promise<void> {
  try {
    // Under its name there is only ever a whole result.
    await replaceFile(file, async (draft) => {
      if (format === 'parquet') await engine.copyParquet(sql, draft);
      else await pipeline(Readable.from(engine.stream(sql, format)), createWriteStream(draft));
    });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || error instanceof ParquetryError) throw error;
    throw new ParquetryError('USAGE', `The result can't be written to ${file} (${code}).`, {
      details: { file, system: code },
      hint: 'Check the folder and its permissions.',
      cause: error,
    });
  }
  const { size } = await stat(file);
  output.say(`Wrote ${file}: ${format}, ${formatBytes(size)}.`);
  output.document({ file, format, bytes: size });
}

async function printTable(engine: Query, sql: string, output: Output): Promise<void> {
  const { columns, rows, truncated } = await engine.run(sql, output.json ? {} : { maxRows: TABLE_ROWS });
  output.table(
    columns.map(({ name }) => name),
    rows.map((row) => row.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))),
  );
  if (truncated)
    output.note(
      `Only the first ${formatCount(rows.length)} rows are shown; --format csv, json or ndjson prints all.`,
    );
  output.document({ columns, rows, truncated });
}
