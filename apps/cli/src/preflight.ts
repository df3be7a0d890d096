import { openStore } from '@parquetry/storage';
import { checkArchive, checkSource, wantedIdentity } from '@parquetry/worker';
import type { RunSpec } from '@parquetry/workflows';

/**
 * Finds what can be found wrong before a run is started: an archive that is a file or of another layout, a source that
 * is not there, a message type it does not have. Nothing is written. With a remote cluster only the workers see local
 * paths, so there the plan step says it.
 */
export async function preflight(spec: RunSpec, embedded: boolean): Promise<void> {
  if (!embedded && !/^(s3|gs):/.test(spec.archive)) return;
  await checkArchive(openStore(spec.archive), wantedIdentity(spec));
  await checkSource(spec);
}
