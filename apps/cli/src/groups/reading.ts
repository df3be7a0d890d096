import { parseLedgerRange } from '@parquetry/core';
import { files } from '../commands/files';
import { query } from '../commands/query';
import { parseAnchor, verify } from '../commands/verify';
import { byteSize, collect } from '../parsers';
import { type Commands, workerSettings } from './commands';

interface VerifyLine {
  readonly archive: string;
  readonly deep?: boolean;
  readonly ledgers?: string;
  readonly types?: string;
  readonly trust?: readonly string[];
}

/** Adds the commands that read an archive. */
export function readingCommands({ command, run, output }: Commands): void {
  command('verify', 'read the archive back and name every fault')
    .settings(['archive', 'region'], ['archive'])
    .option('--deep', 'decode every value, not only the ledger column')
    .option('--ledgers <range>', 'ledgers that must be there (default: all that runs were asked for)')
    .option('--types <names>', 'datasets, separated by commas')
    .option(
      '--trust <ledger:hash>',
      'with --deep: a ledger hash known from elsewhere, to which the chain must join; may be given several times',
      collect,
    )
    .action((options: VerifyLine) =>
      run(() =>
        verify(
          options.archive,
          {
            level: options.deep === true ? 'full' : 'ledger',
            ...(options.ledgers === undefined ? {} : { range: parseLedgerRange(options.ledgers) }),
            ...(options.types === undefined ? {} : { datasets: options.types.split(',') }),
            ...(options.trust === undefined ? {} : { trust: options.trust.map(parseAnchor) }),
          },
          output,
        ),
      ),
    );

  command('files', 'list the files that the commit log names')
    .settings(['archive', 'region'], ['archive'])
    .option('--dataset <name>', 'only this dataset')
    .option('--ledgers <range>', 'only files that may hold these ledgers')
    .action((options: { archive: string; dataset?: string; ledgers?: string }) =>
      run(() =>
        files(
          options.archive,
          {
            ...(options.dataset === undefined ? {} : { dataset: options.dataset }),
            ...(options.ledgers === undefined ? {} : { range: parseLedgerRange(options.ledgers) }),
          },
          output,
        ),
      ),
    );

  command('query', 'run SQL over the committed files; every dataset is a view')
    .settings(['archive', 'region', 'memory'], ['archive'])
    .argument('<sql>', 'one SELECT')
    .option('--ledgers <range>', 'only rows of these ledgers; other files are not read')
    .option('--cache-size <size>', 'room for copies of remote files (default: 10GB)', byteSize)
    .action(
      (sql: string, options: { archive: string; memory?: number; ledgers?: string; cacheSize?: number }) =>
        run(() =>
          query(
            options.archive,
            sql,
            {
              memoryBytes: workerSettings(options).memoryBytes,
              ...(options.cacheSize === undefined ? {} : { cacheBytes: options.cacheSize }),
              ...(options.ledgers === undefined ? {} : { range: parseLedgerRange(options.ledgers) }),
            },
            output,
          ),
        ),
    );
}
