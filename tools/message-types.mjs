// Writes docs/message-types.md from the predefined schemas. `--check` fails when the page is not what the code says.
import { createRequire } from 'node:module';
import { cell, writePage } from './page.mjs';

const require = createRequire(import.meta.url);
const { DEVIATIONS, messageSchemas, stellarSchemas } = require('@parquetry/stellar');
const { DEFAULT_LEDGER_TYPES, TYPE_GROUPS } = require('@parquetry/core');
const { describeType } = require('@parquetry/schema');

/** A row of a table; the members of a column that is a struct have a table of their own. */
const row = ({ id, name, type, nullable, doc = '' }) =>
  `| ${id} | ${name} | ${cell(typeText(type))} | ${nullable ? 'yes' : 'no'} | ${cell(doc)} |`;
const typeText = (type) =>
  type.type === 'struct' && type.fields.length > 20
    ? `struct of ${type.fields.length} members`
    : describeType(type);
const lines = [
  '# Message types',
  '',
  'The message types of ledgers, in the order of `parquetry types`. `--types` accepts these names and groups:',
  '',
  '| group | message types |',
  '|---|---|',
  ...[...TYPE_GROUPS].map(
    ([name, types]) => `| ${name} | ${name === 'all' ? 'every type of this page' : types.join(', ')} |`,
  ),
  `| no \`--types\` | ${DEFAULT_LEDGER_TYPES.join(', ')} |`,
  '',
  `NDJSON messages of the types ${[...messageSchemas.keys()].join(', ')} use the same schema, and keys that it does not`,
  'know become further nullable columns. All other types of messages get a schema inferred over every message of the run.',
  '',
  'Columns, names and encodings follow stellar-etl, so queries for its tables run here. Each section lists the deliberate',
  'differences and their reasons; the tests compare everything else row by row.',
  '',
  'This page is generated from the code by `npm run docs`; a test fails when it is out of date.',
];
for (const schema of stellarSchemas.values()) {
  const key = schema.uniqueKey
    ? schema.uniqueKey.map((name) => `\`${name}\``).join(', ')
    : 'none: equal rows are separate events';
  lines.push('', `## ${schema.messageType}`, '', schema.doc ?? '', '', `Unique key: ${key}.`, '');
  lines.push('| id | column | Arrow type | null | meaning |', '|---|---|---|---|---|');
  lines.push(...schema.fields.map(row));
  for (const { name, type } of schema.fields)
    if (type.type === 'struct')
      lines.push(
        '',
        `Members of \`${name}\`; those that do not apply are null:`,
        '',
        '| id | member | Arrow type | null | meaning |',
        '|---|---|---|---|---|',
        ...type.fields.map(row),
      );
  const differences = DEVIATIONS.filter(({ type }) => type === schema.messageType);
  if (differences.length > 0) lines.push('', 'Differences from stellar-etl:', '');
  for (const { what, why } of differences) lines.push(`- ${what} ${why}`);
}
writePage('docs/message-types.md', `${lines.join('\n')}\n`);
