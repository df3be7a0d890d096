import type { Archive } from '@parquetry/archive';
import type { SyncResult } from '@parquetry/iceberg';
import type { Define } from '../cli';
import type { Output } from '../output';

interface Options {
  readonly archive: string;
  readonly dataset?: string;
  readonly rebuild?: boolean;
}

/** `parquetry iceberg sync` */
export const define: Define = ({ command, output, run }) =>
  command('sync', 'bring the Iceberg tables of an archive to the newest commits, or create them')
    .settings(['archive', 'region'], { required: ['archive'] })
    .option('--dataset <name>', 'only this dataset')
    .option('--rebuild', 'write all Iceberg metadata again, after the archive was moved or restored')
    .writes()
    .example('parquetry iceberg sync --archive ./archive')
    .action((options: Options) => run(() => icebergSync(options, output)));

async function icebergSync(options: Options, output: Output): Promise<number> {
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archive } = await openArchive(options.archive);
  const tables = await syncTables(archive, options);
  output.table(
    ['dataset', 'result', 'version', 'snapshots', 'metadata'],
    tables.map(({ dataset, outcome, version, snapshots, metadata }) => [
      dataset,
      outcome,
      version,
      snapshots,
      metadata,
    ]),
  );
  output.document({ tables });
  return 0;
}

/** Syncs one or all tables of an archive. */
export async function syncTables(
  archive: Archive,
  { dataset, rebuild }: Pick<Options, 'dataset' | 'rebuild'>,
): Promise<SyncResult[]> {
  const { rebuildIceberg, syncIceberg } =
    require('@parquetry/iceberg') as typeof import('@parquetry/iceberg');
  const tables: SyncResult[] = [];
  for (const name of dataset === undefined ? await archive.datasets() : [dataset]) {
    tables.push(await (rebuild === true ? rebuildIceberg : syncIceberg)(archive, name));
  }
  return tables;
}
