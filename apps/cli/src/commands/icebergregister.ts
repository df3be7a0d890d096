import type { Registration } from '@parquetry/iceberg';
import type { Define } from '../cli';
import type { Output } from '../output';
import { syncTables } from './icebergsync';

interface Options {
  readonly archive: string;
  readonly catalog: string;
  readonly namespace: string;
  readonly warehouse?: string;
  readonly dataset?: string;
}

/** `parquetry iceberg register` */
export const define: Define = ({ command, output, run }) =>
  command('register', 'register the Iceberg tables with a REST catalog, or update them there')
    .settings(['archive', 'region'], { required: ['archive'] })
    .requiredOption('--catalog <uri>', 'REST catalog; its token is read from ICEBERG_CATALOG_TOKEN')
    .option('--namespace <name>', 'namespace of the tables; dots separate its levels', 'stellar')
    .option('--warehouse <name>', 'warehouse, when the catalog has several')
    .option('--dataset <name>', 'only this dataset')
    .writes()
    .example('parquetry iceberg register --catalog http://localhost:8181 --archive s3://lake/stellar')
    .action((options: Options) => run(() => icebergRegister(options, output)));

/** Syncs the tables, then registers their newest metadata. */
async function icebergRegister(options: Options, output: Output): Promise<number> {
  const { RestCatalog } = require('@parquetry/iceberg') as typeof import('@parquetry/iceberg');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archive } = await openArchive(options.archive);
  const token = process.env['ICEBERG_CATALOG_TOKEN'];
  const catalog = await RestCatalog.connect({
    uri: options.catalog,
    namespace: options.namespace.split('.'),
    ...(options.warehouse === undefined ? {} : { warehouse: options.warehouse }),
    ...(token === undefined ? {} : { token }),
  });
  const tables: Registration[] = [];
  for (const { dataset, outcome, metadata } of await syncTables(archive, options))
    if (outcome !== 'empty') tables.push(await catalog.register(dataset, metadata));
  output.table(
    ['table', 'result', 'metadata'],
    tables.map(({ table, outcome, metadata }) => [table, outcome, metadata]),
  );
  output.document({ tables });
  return 0;
}
