import type { LogSummary, MaintainActivities } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { followCommit } from '../iceberg';

/** Reasons that the summary lists. */
const MAX_KEPT = 5;

/** See `MaintainActivities.tidyLogs`. */
export function tidyLogs(
  { archives }: Pick<WorkerDeps, 'archives'>,
  { archive: root, datasets, retentionMs }: Parameters<MaintainActivities['tidyLogs']>[0],
): Promise<LogSummary> {
  return withHeartbeat(async (signal, report) => {
    const archive = await archives.get(root);
    const names = datasets ?? (await archive.datasets());
    const kept: string[] = [];
    const sums = { written: 0, commits: 0, checkpoints: 0, bytes: 0 };
    for (const [done, name] of names.entries()) {
      signal.throwIfAborted();
      report({ dataset: name, done, of: names.length });
      const dataset = archive.dataset(name);
      if ((await dataset.checkpoint({ signal })) !== undefined) sums.written += 1;
      // An Iceberg table takes its snapshots from the commits.
      const behind = await followCommit(archive, name);
      const cleaned =
        behind === undefined
          ? await dataset.cleanLog(Date.now() - retentionMs, { signal })
          : { commits: 0, checkpoints: 0, bytes: 0, kept: `Its Iceberg table is behind: ${behind}` };
      sums.commits += cleaned.commits;
      sums.checkpoints += cleaned.checkpoints;
      sums.bytes += cleaned.bytes;
      if (cleaned.kept !== undefined && kept.length < MAX_KEPT) kept.push(`${name}: ${cleaned.kept}`);
    }
    return { datasets: names.length, ...sums, kept };
  });
}
