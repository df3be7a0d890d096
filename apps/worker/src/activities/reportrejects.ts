import { newRejects } from '@parquetry/audit';
import type { MaintainActivities, RejectsSummary } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';

/** Reasons of a report, and ranges of a reason. */
const MAX_REASONS = 50;
const MAX_RANGES = 5;

/** See `MaintainActivities.reportRejects`. */
export function reportRejects(
  { archives }: Pick<WorkerDeps, 'archives'>,
  { archive: root, datasets, run }: Parameters<MaintainActivities['reportRejects']>[0],
): Promise<RejectsSummary> {
  return withHeartbeat(async () => {
    const { since, total, unread, filesLeft, reasons } = await newRejects(await archives.get(root), {
      run,
      now: Date.now(),
      ...(datasets === undefined ? {} : { datasets }),
    });
    return {
      ...(since === undefined ? {} : { since }),
      total,
      unread,
      filesLeft,
      reasons: reasons.slice(0, MAX_REASONS).map(({ dataset, code, count, example, ranges = [] }) => ({
        ...{ dataset, code, count, example },
        ranges: ranges.slice(0, MAX_RANGES),
      })),
    };
  });
}
