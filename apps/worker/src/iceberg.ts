import type { Archive, Follower } from '@parquetry/archive';
import { withoutSecrets } from '@parquetry/core';
import { followIceberg, hasIceberg, syncIceberg } from '@parquetry/iceberg';
import { log } from '@temporalio/activity';

/** Makes commits of a dataset wait until its Iceberg table, if it has one or the run wants one, has the version before. */
export function follower(archive: Archive, dataset: string, wanted = false): Follower {
  return followIceberg(archive, dataset, { wanted, onFault: (error) => void warn(dataset, error) });
}

/**
 * Brings a dataset's Iceberg table to the newest commit, if it has one or the run wants one. The commit does not depend
 * on it: a failure is returned as one sentence, and the next commit, the end of the run or `parquetry iceberg sync`
 * repeats the sync. Until then the files that the commit replaced must stay, because Iceberg's readers still use them.
 */
export async function followCommit(
  archive: Archive,
  dataset: string,
  wanted = false,
): Promise<string | undefined> {
  try {
    if (wanted || (await hasIceberg(archive, dataset))) await syncIceberg(archive, dataset);
    return undefined;
  } catch (error) {
    return warn(dataset, error);
  }
}

function warn(dataset: string, error: unknown): string {
  const fault = withoutSecrets(error instanceof Error ? error.message : String(error), process.env);
  log.warn('the Iceberg table was not brought up to date', { dataset, error: fault });
  return fault;
}
