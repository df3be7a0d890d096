import { ALL_LEDGERS, ParquetryError, formatRange, isParquetryError, parseRanges } from '@parquetry/core';
import { loadTemporalConfig } from '@parquetry/temporal';
import type { Origin, SettingsCommand } from './command';
import type { BackfillOptions } from './runoptions';
import { runSpec } from './runspec';
import { SETTINGS, attributeName, defaults } from './settings';

const NAMES = SETTINGS.map(({ name }) => name);

/** Settings that every run needs, for the check of the others. */
const PLACEHOLDERS = { source: 'galexie:lake', archive: 'archive', ledgers: formatRange(ALL_LEDGERS) };

/**
 * Faults of values that are well-formed: a source of an unknown kind, a reversed range, a level without its codec. Each
 * is reported with the place of a setting that causes it.
 */
export function checkTogether(command: SettingsCommand): ParquetryError[] {
  const faults: ParquetryError[] = [];
  const given = new Map(
    NAMES.map(attributeName).flatMap((attribute) => {
      const origin = command.origins.get(attribute);
      return origin === undefined ? [] : [[attribute, { origin, value: command.getOptionValue(attribute) }]];
    }),
  );
  for (;;) {
    const fault = faultOf(given);
    if (fault === undefined) break;
    const culprit = [...given.keys()].find((attribute) => {
      const rest = new Map(given);
      rest.delete(attribute);
      return faultOf(rest)?.message !== fault.message;
    });
    faults.push(placed(fault, given.get(culprit ?? '')?.origin));
    if (culprit === undefined) break;
    given.delete(culprit);
  }
  return [...faults, ...temporalFault()];
}

function faultOf(given: ReadonlyMap<string, { readonly value: unknown }>): ParquetryError | undefined {
  const values = Object.fromEntries([...given].map(([attribute, { value }]) => [attribute, value]));
  const options = { ...defaults(NAMES), ...PLACEHOLDERS, ...values } as unknown as BackfillOptions;
  try {
    parseRanges(options.ledgers);
    runSpec(options, { range: ALL_LEDGERS });
    return undefined;
  } catch (error) {
    if (isParquetryError(error)) return error;
    throw error;
  }
}

function placed(fault: ParquetryError, origin: Origin | undefined): ParquetryError {
  if (origin === undefined) return fault;
  const { code, message, details, hint } = fault;
  const line = /^(.*):(\d+)$/.exec(origin.where);
  const place = line === null ? {} : { file: line[1] ?? '', line: Number(line[2]) };
  return new ParquetryError(code, `${origin.where}: ${message}`, {
    details: { ...details, ...place },
    ...(hint === undefined ? {} : { hint }),
  });
}

function temporalFault(): ParquetryError[] {
  try {
    loadTemporalConfig();
    return [];
  } catch (error) {
    if (isParquetryError(error)) return [error];
    throw error;
  }
}
