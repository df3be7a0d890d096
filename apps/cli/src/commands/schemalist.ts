import { MAX_LEDGER } from '@parquetry/core';
import type { Define } from '../cli';
import type { Output } from '../output';

/** `parquetry schema list` */
export const define: Define = ({ command, output, run }) =>
  command('list', 'list subjects, their newest versions and the ledgers of their majors')
    .settings(['archive', 'region'], { required: ['archive'] })
    .example('parquetry schema list --archive ./archive')
    .action(({ archive }: { archive: string }) => run(() => schemaList(archive, output)));

async function schemaList(root: string, output: Output): Promise<number> {
  const { parseDataset } = require('@parquetry/archive') as typeof import('@parquetry/archive');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archive } = await openArchive(root);
  const found = [];
  for (const subject of await archive.registry.subjects()) {
    const latest = await archive.registry.latest(subject);
    if (latest === undefined) continue;
    const { messageType, major } = parseDataset(subject);
    const majors = await archive.majors.list(messageType);
    found.push({ ...latest, range: majors[major - 1]?.range ?? { start: 1, end: MAX_LEDGER } });
  }
  output.table(
    ['subject', 'version', 'columns', 'origin', 'ledgers', 'fingerprint'],
    found.map(({ subject, version, schema, fingerprint, range }) => [
      subject,
      version,
      schema.fields.length,
      schema.origin,
      range.end === MAX_LEDGER
        ? range.start === 1
          ? 'all'
          : `from ${range.start}`
        : `${range.start}-${range.end}`,
      fingerprint.slice(0, 12),
    ]),
  );
  output.document({
    schemas: found.map(({ schema, range, ...entry }) => ({
      ...entry,
      origin: schema.origin,
      columns: schema.fields.length,
      ledgers: range,
    })),
  });
  return 0;
}
