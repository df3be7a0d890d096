import { isSecretVariable, masked } from '@parquetry/core';
import type { Define } from '../cli';
import type { SettingsCommand } from '../command';
import type { Output } from '../output';
import { SETTINGS } from '../settings';

/** `parquetry config show` */
export const define: Define = ({ command, output, run }) => {
  const show: SettingsCommand = command('show', 'print every setting and where its value comes from')
    .settings(SETTINGS.map(({ name }) => name))
    .option('--all', 'also list settings that are not set')
    .example('parquetry config show --config parquetry.yaml')
    .action((options: { readonly all?: boolean }) =>
      run(() => configShow(show, options.all ?? false, output)),
    );
  return show;
};

async function configShow(command: SettingsCommand, all: boolean, output: Output): Promise<number> {
  const { loadTemporalConfig } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const { VARIABLES } = require('../environment') as typeof import('../environment');
  const { resolveSettings } = require('../resolved') as typeof import('../resolved');
  const settings = resolveSettings(command);
  const temporal = loadTemporalConfig();
  const variables = VARIABLES.flatMap(({ name }) => {
    const value = process.env[name];
    if (value === undefined || value === '') return [];
    return [{ name, value: isSecretVariable(name) ? '***' : masked(value) }];
  });
  const shown = settings.filter(({ from }) => all || from !== 'unset');
  output.table(
    ['setting', 'value', 'from'],
    shown.map(({ key, value = '', from, where }) => [
      key,
      value,
      where === undefined ? from : `${from}: ${where}`,
    ]),
  );
  if (variables.length > 0)
    output.table(
      ['variable', 'value'],
      variables.map(({ name, value }) => [name, value]),
    );
  output.say(
    temporal.configured
      ? `Temporal: ${temporal.address}, namespace ${temporal.namespace}.`
      : 'Temporal: the embedded server; no address is configured.',
  );
  if (shown.length < settings.length)
    output.say(`${settings.length - shown.length} settings are not set; --all lists them.`);
  output.document({
    settings,
    variables,
    temporal: { configured: temporal.configured, address: temporal.address, namespace: temporal.namespace },
  });
  return 0;
}
