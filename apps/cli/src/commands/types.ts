import { DEFAULT_LEDGER_TYPES, LEDGER_TYPES, TYPE_GROUPS } from '@parquetry/core';
import type { Define } from '../cli';
import type { Output } from '../output';

/** `parquetry types` */
export const define: Define = ({ command, output, run }) =>
  command('types', 'list the message types of ledgers, and their groups', 'Look')
    .example('parquetry types')
    .action(() => run(() => types(output)));

/** Lists the message types of ledgers, with their groups and the meaning of a row. */
function types(output: Output): Promise<number> {
  const { stellarSchemas } = require('@parquetry/stellar') as typeof import('@parquetry/stellar');
  const known = LEDGER_TYPES.flatMap((type) => {
    const schema = stellarSchemas.get(type);
    if (schema === undefined) return [];
    const groups = [...TYPE_GROUPS].filter(([, members]) => members.includes(type)).map(([name]) => name);
    const { doc: description = '', fields } = schema;
    return [
      { type, groups, default: DEFAULT_LEDGER_TYPES.includes(type), columns: fields.length, description },
    ];
  });
  output.table(
    ['type', 'groups', 'columns', 'description'],
    known.map((row) => [
      row.type,
      [...row.groups, ...(row.default ? ['default'] : [])].join(', '),
      row.columns,
      row.description,
    ]),
  );
  output.document({ types: known });
  return Promise.resolve(0);
}
