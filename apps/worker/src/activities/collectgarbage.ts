import { collectWaste } from '@parquetry/audit';
import { openStore } from '@parquetry/storage';
import type { GarbageSummary, MaintainActivities } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';

/** See `MaintainActivities.collectGarbage`. Workers clean their work folders themselves. */
export function collectGarbage(
  { archives }: Pick<WorkerDeps, 'archives'>,
  { archive: root, graceMs }: Parameters<MaintainActivities['collectGarbage']>[0],
): Promise<GarbageSummary> {
  return withHeartbeat(async (signal, report) => {
    const sums = { removed: 0, bytes: 0, young: 0 };
    const before = Date.now() - graceMs;
    for await (const { action, size } of collectWaste(await archives.get(root), openStore(root), {
      before,
      signal,
    })) {
      if (action === 'too young') sums.young += 1;
      if (action !== 'removed') continue;
      sums.removed += 1;
      sums.bytes += size;
      report({ removed: sums.removed });
    }
    signal.throwIfAborted();
    return sums;
  });
}
