import { openStore } from '@parquetry/storage';
import { checkArchive, checkSource, wantedIdentity } from '@parquetry/worker';
import type { RunSpec } from '@parquetry/workflows';

/**
 * Finds what can be found wrong before a run is started: an archive that is a file or of another layout, a source that
 * is not there, a message type it does not have. Nothing is written.
 */
export async function preflight(spec: RunSpec): Promise<void> {
  await checkArchive(openStore(spec.archive), wantedIdentity(spec));
  await checkSource(spec);
}
