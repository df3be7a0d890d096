import { type CompatibilityMode, DEFAULT_MODE, ParquetryError } from '@parquetry/core';
import { type BreakingChange, type Compatibility, describeChange, READERS } from '@parquetry/schema';

const MAX_NAMED = 20;

/** A breaking change in one line: what changed, why it breaks, and the readers that it affects. */
function describeBreaking({ change, against, direction, why, readers }: BreakingChange): string {
  const from =
    against === 0 ? '' : `, against version ${against}${direction === 'forward' ? ', forward' : ''}`;
  const hurt =
    readers.length === 0
      ? ''
      : ` [${readers.map((reader) => READERS[reader].replaceAll('`', '')).join('; ')}]`;
  return `${describeChange(change)}${from}: ${why}${hurt}`;
}

/** SCHEMA_CONFLICT for a schema that is incompatible with the versions of a subject, with the diff and the remedies. */
export function schemaConflict(
  subject: string,
  version: number,
  mode: CompatibilityMode,
  { breaking }: Compatibility,
): ParquetryError {
  const lines = breaking.slice(0, MAX_NAMED).map((one) => `  ${describeBreaking(one)}`);
  const more = breaking.length > MAX_NAMED ? [`  and ${breaking.length - MAX_NAMED} more`] : [];
  const [first] = breaking;
  const what = first === undefined ? '' : `: ${describeChange(first.change)}`;
  const others = breaking.length > 1 ? ` (and ${breaking.length - 1} more)` : '';
  const type = subject.replace(/\.v\d+$/, '');
  const ways = breaking.some(({ against }) => against === 0)
    ? ['Rename the column at the source or in the schema.']
    : [
        `If another run registered version ${version} meanwhile, start this run again: it then extends that version.`,
        `If the change is permanent: parquetry schema promote ${type} --from LEDGER --archive ROOT`,
        ...(mode === DEFAULT_MODE ? [] : ['Or use a weaker compatibility mode: --compatibility backward.']),
      ];
  return new ParquetryError(
    'SCHEMA_CONFLICT',
    `The schema of ${subject} can't follow version ${version} in mode ${mode}${what}${others}.`,
    {
      details: {
        subject,
        version,
        mode,
        changes: breaking.slice(0, 100).map(({ change }) => describeChange(change)),
      },
      hint: [...lines, ...more, ...ways].join('\n'),
    },
  );
}
