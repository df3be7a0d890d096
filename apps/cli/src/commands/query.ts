import { ParquetryError } from '@parquetry/core';
import { Option } from 'commander';
import type { Define } from '../cli';
import type { Output } from '../output';
import { byteSize } from '../parsers';
import { type Format, FORMATS } from '../query/formats';
import { workerSettings } from '../workeroptions';

const CACHE_BYTES = 10e9;

interface Options extends QueryOptions {
  readonly archive: string;
}

/** Options of a query. */
export interface QueryOptions {
  readonly memory?: number;
  readonly ledgers?: string;
  readonly at?: string;
  readonly format?: Format;
  readonly output?: string;
  readonly cacheSize?: number;
}

/** `parquetry query` */
export const define: Define = ({ command, output, run }) =>
  command('query', 'run SQL over the committed files; every dataset is a view', 'Look')
    .argument('[sql]', 'one SELECT; without it a prompt, or the SQL on stdin')
    .settings(['archive', 'ledgers', 'region', 'memory'], {
      required: ['archive'],
      docs: {
        ledgers: 'only rows of these ledgers; other files are not read',
        memory: 'memory of DuckDB (default: half of the memory of the machine or container, at most 4GB)',
      },
    })
    .option('--at <version>', 'the archive as it was: a version of a dataset, or a time: @2025-07-13T09:00Z')
    .optionsGroup('Output:')
    .addOption(
      new Option('--format <name>', 'format of the result (default: by --output, else table)').choices(
        FORMATS,
      ),
    )
    .option('--output <file>', 'write the result to a file; it appears when it is whole')
    .option('--cache-size <size>', 'disk space for copies of remote files (default: 10GB)', byteSize)
    .example('parquetry query --archive ./archive "select count(*) from transactions"')
    .action((sql: string | undefined, { archive, ...options }: Options) =>
      run(() => query(archive, sql, options, output)),
    );

/** Times and `latest` are resolved in the archive as it is now. @throws ParquetryError USAGE */
function assertNumbers(ledgers: string): void {
  const { parseRanges, plainRange } = require('@parquetry/core') as typeof import('@parquetry/core');
  if (parseRanges(ledgers).every((text) => plainRange(text) !== undefined)) return;
  throw new ParquetryError('USAGE', `With --at, --ledgers takes ledger numbers, not "${ledgers}".`, {
    hint: 'Write the range in numbers, as `parquetry files` prints it.',
  });
}

/** Runs one SELECT over an archive; `demo` uses it too. Without SQL a terminal gets a prompt, but not with `--json`. */
export async function query(
  root: string,
  sql: string | undefined,
  options: QueryOptions,
  output: Output,
): Promise<number> {
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archiveRanges } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { parseAt } = require('../query/at') as typeof import('../query/at');
  const { formatOf, writeResult } = require('../query/results') as typeof import('../query/results');
  const { withViews } = require('../query/views') as typeof import('../query/views');
  const { cacheSize: cacheBytes = CACHE_BYTES, output: file } = options;
  const format = formatOf(options.format, file, output.json);
  const at = options.at === undefined ? undefined : parseAt(options.at);
  if (at !== undefined && options.ledgers !== undefined) assertNumbers(options.ledgers);
  const opened = await openArchive(root);
  const ranges = await archiveRanges(async () => opened.archive, options.ledgers, output);
  const limits = { memoryBytes: workerSettings(options).memoryBytes, cacheBytes, ranges, at };
  const ask = (text: string, signal?: AbortSignal): Promise<void> =>
    withViews(opened, text, { ...limits, signal }, output, (engine) =>
      writeResult(engine, text, format, file, output),
    );
  if (sql === undefined && process.stdin.isTTY && !output.json) {
    const { prompt } = require('../query/prompt') as typeof import('../query/prompt');
    return prompt(opened.archive, ask, output);
  }
  const { text } = require('node:stream/consumers') as typeof import('node:stream/consumers');
  await ask(sql ?? (await text(process.stdin)));
  return 0;
}
