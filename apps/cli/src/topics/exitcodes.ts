import { ERROR_CODES } from '@parquetry/core';
import { type Topic, wrapped } from './topic';

const MEANINGS = [
  [0, 'Done. A check found no fault.'],
  [1, 'The work failed, or a check (verify, audit, doctor, …) found a fault.'],
  [2, 'Wrong usage or configuration. Nothing was done. Repeating the command does not help.'],
  [3, 'A required service is out of reach. Repeating the command later may help.'],
] as const;

/** `parquetry help exit-codes` */
export const exitCodes: Topic = {
  name: 'exit-codes',
  summary: 'exit codes and the error codes that lead to them',
  text: () => `Every command ends with one of these codes. With \`--json\` an error is also the document on
stdout: \`{"error": {"code", "message", "details", "hint"}}\`. docs/errors.md explains each
error code, with its remedy.

${MEANINGS.map(([code, meaning]) => `**${code}** ${meaning}\n${codes(code)}`).join('\n')}
**130** Interrupted by Ctrl-C. The run is kept; the same command continues it.

An attached \`backfill\` whose last partitions are parked ends with 1 and leaves them running,
so that \`parquetry retry\` can continue them. \`config check\` ends with 2 if it finds a fault, as
any command with these settings.`,
};

function codes(exit: number): string {
  const names = Object.entries(ERROR_CODES).flatMap(([name, entry]) => (entry.exit === exit ? [name] : []));
  if (names.length === 0) return '';
  return `\n${wrapped(names.join(' '), 84)
    .map((line) => `    ${line}`)
    .join('\n')}\n`;
}
