import { openStore } from '@parquetry/storage';
import { checkArchive, checkSource, wantedIdentity } from '@parquetry/worker';
import type { RunSpec } from '@parquetry/workflows';

/**
 * Checks what can be checked before a run starts: that the archive is not a file and has the same layout, and that the
 * source exists and has the message types. Writes nothing.
 */
export async function preflight(spec: RunSpec): Promise<void> {
  await checkArchive(openStore(spec.archive), wantedIdentity(spec));
  await checkSource(spec);
}
