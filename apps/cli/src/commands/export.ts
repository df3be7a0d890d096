import type { Codec } from '@parquetry/core';
import { CODECS } from '@parquetry/core';
import { Option } from 'commander';
import type { Define } from '../cli';
import { collect } from '../parsers';
import { workerSettings } from '../workeroptions';

interface Options {
  readonly archive: string;
  readonly out: string;
  readonly ledgers?: string;
  readonly dataset?: readonly string[];
  readonly format: 'parquet' | 'arrow' | 'csv' | 'ndjson';
  readonly partitionBy?: string;
  readonly oneFile?: boolean;
  readonly compression?: Codec;
  readonly overwrite?: boolean;
  readonly resume?: boolean;
  readonly allowGaps?: boolean;
  readonly memory?: number;
}

/** `parquetry export` */
export const define: Define = ({ command, output, run }) =>
  command('export', 'write rows as plain Parquet, Arrow, CSV or NDJSON files, with a manifest', 'Look')
    .settings(['archive', 'ledgers', 'region', 'memory'], {
      required: ['archive'],
      docs: {
        ledgers: 'only rows of these ledgers (default: all)',
        memory: 'memory of DuckDB (default: half of the memory of the machine or container, at most 4GB)',
      },
    })
    .requiredOption('--out <target>', 'a folder, s3://bucket/prefix or gs://bucket/prefix')
    .option('--dataset <name>', 'only this dataset; repeatable (default: all)', collect)
    .addOption(
      new Option('--format <name>', 'format of the files')
        .choices(['parquet', 'arrow', 'csv', 'ndjson'])
        .default('parquet'),
    )
    .option(
      '--partition-by <unit>',
      'month, day or hour of the close time, or ledgers:N (default: as the files of the archive)',
    )
    .option('--one-file', 'one file for each dataset')
    .addOption(
      new Option(
        '--compression <name>',
        'codec of Parquet files (default: as in the archive); none or gzip for CSV and NDJSON (default: none)',
      ).choices(CODECS),
    )
    .option('--overwrite', 'remove an earlier export from the target first')
    .option('--resume', 'continue an export that was interrupted')
    .option('--allow-gaps', 'export what is committed, also if ledgers are missing')
    .writes()
    .example('parquetry export --archive ./archive --ledgers 426000-426100 --out ./plain --format csv')
    .action((options: Options) =>
      run(async () => {
        const { assertCodec, parsePartitioning } =
          require('../export/request') as typeof import('../export/request');
        const { archive, out, ledgers, dataset, format, compression } = options;
        const partitioning = parsePartitioning(options.partitionBy, options.oneFile === true);
        assertCodec(format, compression);
        const { exportArchive } = require('../export/run') as typeof import('../export/run');
        return exportArchive(
          {
            ...{ archive, out, format, partitioning },
            ...(ledgers === undefined ? {} : { ledgers }),
            ...(dataset === undefined ? {} : { datasets: dataset }),
            ...(compression === undefined ? {} : { compression }),
            overwrite: options.overwrite === true,
            resume: options.resume === true,
            allowGaps: options.allowGaps === true,
            memoryBytes: workerSettings(options).memoryBytes,
          },
          output,
        );
      }),
    );
