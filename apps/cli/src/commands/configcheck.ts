import type { ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import type { SettingsCommand } from '../command';
import type { Output } from '../output';
import { SETTINGS } from '../settings';

/** `parquetry config check` */
export const define: Define = ({ command, output, run }) => {
  const faults: ParquetryError[] = [];
  const check: SettingsCommand = command(
    'check',
    'check the configuration file and the environment; writes nothing',
  )
    .settings(SETTINGS.map(({ name }) => name))
    .example('parquetry config check --config parquetry.yaml')
    .action(() => run(() => configCheck(check, faults, output)));
  check.onFault = (fault) => faults.push(fault);
  return check;
};

/** Reports all faults, not only the first. Ends with 2 when there are some, as any command with these settings. */
async function configCheck(
  command: SettingsCommand,
  found: readonly ParquetryError[],
  output: Output,
): Promise<number> {
  const { checkTogether } = require('../settingscheck') as typeof import('../settingscheck');
  const faults = [...found, ...checkTogether(command)];
  const given = [...command.origins.values()];
  const file = (command.getOptionValue('config') ?? process.env['PARQUETRY_CONFIG']) as string | undefined;
  for (const fault of faults) {
    output.say(`${fault.code}: ${fault.message}`);
    if (fault.hint !== undefined) output.say(`  ${fault.hint}`);
  }
  const where = file ?? 'the command line and the environment (no file was named)';
  if (faults.length === 0) output.say(`No faults in ${where}: ${given.length} settings.`);
  output.document({ file: file ?? null, settings: given.length, faults });
  return faults.length === 0 ? 0 : 2;
}
