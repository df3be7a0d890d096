import type { Define } from '../cli';
import type { Output } from '../output';

/** `parquetry version` */
export const define: Define = ({ command, output, run }) =>
  command('version', 'show the versions of Parquetry, Node, DuckDB and the Temporal SDK', 'Look')
    .example('parquetry version')
    .action(() => run(async () => version(output)));

function version(output: Output): number {
  const { writerVersions } = require('@parquetry/writer') as typeof import('@parquetry/writer');
  const { ownPackage: own } = require('../ownpackage') as typeof import('../ownpackage');
  const versions = {
    parquetry: own.version,
    ...(own.gitHead === undefined ? {} : { commit: own.gitHead }),
    node: process.version,
    duckdb: writerVersions().duckdb,
    temporal: own.dependencies['@temporalio/client'],
  };
  for (const [name, value] of Object.entries(versions)) output.say(`${name.padEnd(10)} ${value}`);
  output.document(versions);
  return 0;
}
