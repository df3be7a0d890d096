import { masked } from '@parquetry/core';
import type { SettingsCommand } from './command';
import { SETTINGS, attributeName, configKey } from './settings';

/** A setting with its value and where the value comes from. */
export interface Resolved {
  readonly setting: string;
  /** Key in the configuration file. */
  readonly key: string;
  /** As it was written; without a user, password or query in an address. Absent when it is not set. */
  readonly value?: string;
  readonly from: 'flag' | 'environment' | 'file' | 'profile' | 'default' | 'unset';
  /** `--layout`, `PARQUETRY_LAYOUT`, `parquetry.yaml:3`, the profile. */
  readonly where?: string;
}

/** Commander's names of sources. */
const FROM: Readonly<Record<string, Resolved['from']>> = {
  cli: 'flag',
  env: 'environment',
  config: 'file',
  profile: 'profile',
  default: 'default',
};

/** All settings of a parsed command that has them all. */
export function resolveSettings(command: SettingsCommand): Resolved[] {
  return SETTINGS.map(({ name, default: standard }) => {
    const key = configKey(name);
    const attribute = attributeName(name);
    const from = FROM[command.getOptionValueSource(attribute) ?? ''] ?? 'unset';
    if (from === 'unset') return { setting: name, key, from };
    const origin = command.origins.get(attribute);
    const value = masked(
      from === 'default'
        ? String(standard)
        : from === 'profile'
          ? String(command.getOptionValue(attribute))
          : (origin?.text ?? ''),
    );
    const where = from === 'profile' ? String(command.getOptionValue('profile')) : origin?.where;
    return {
      setting: name,
      key,
      value,
      from,
      ...(from === 'default' || where === undefined ? {} : { where }),
    };
  });
}
