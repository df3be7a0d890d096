import { parseDataset } from '@parquetry/archive';
import { type WriteSettings, isProcessorUri } from '@parquetry/core';
import type { RunSpec } from '@parquetry/workflows';

/**
 * The settings recorded in a run's segments of a dataset: those of the run, and the configured paths of the dataset's
 * type. Paths of other types are excluded: they have no effect here.
 */
export function segmentSettings(
  { source, settings }: Pick<RunSpec, 'source' | 'settings'>,
  dataset: string,
): WriteSettings {
  // A lake's rows are decoded; compaction keeps the settings of its segments.
  if (!source.uri.startsWith('ndjson:') && !isProcessorUri(source.uri)) return settings;
  const { messageType } = parseDataset(dataset);
  const closeTimePath = own(source.closeTime, messageType);
  const ledgerPath = own(source.ledger, messageType);
  const givenType =
    source.messageType !== undefined ? 'all' : source.defaultType === messageType ? 'untyped' : undefined;
  return {
    ...settings,
    ...(closeTimePath === undefined ? {} : { closeTimePath }),
    ...(ledgerPath === undefined ? {} : { ledgerPath }),
    ...(givenType === undefined ? {} : { givenType }),
  };
}

function own(paths: Readonly<Record<string, string>> | undefined, type: string): string | undefined {
  return paths !== undefined && Object.hasOwn(paths, type) ? paths[type] : undefined;
}
