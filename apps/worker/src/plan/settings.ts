import { parseDataset } from '@parquetry/archive';
import { type WriteSettings, isProcessorUri } from '@parquetry/core';
import type { RunSpec } from '@parquetry/workflows';

/**
 * The settings that a run's segments of a dataset are recorded with: the run's, and how messages of the dataset's type
 * are read where that was configured. Other types' paths are not among them: they change nothing here.
 */
export function segmentSettings(
  { source, settings }: Pick<RunSpec, 'source' | 'settings'>,
  dataset: string,
): WriteSettings {
  // A lake's rows are decoded; compaction hands on what the segments say.
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
