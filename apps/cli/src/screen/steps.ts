import type { LedgerRange } from '@parquetry/core';
import { type BackfillProgress, partitionWorkflowId } from '@parquetry/workflows';
import type { Client } from '@temporalio/client';

/** What a partition in flight is doing. */
export interface PartitionSteps {
  readonly key: string;
  readonly range: LedgerRange;
  /** Its steps that are not finished; none between two steps. */
  readonly steps: readonly PendingStep[];
}

/** A step that runs, or waits for a worker or for its next attempt. */
interface PendingStep {
  /** pull, registerSchema, writeParquet, verifyRowCounts, commit */
  readonly name: string;
  readonly running: boolean;
  /** Since it was started or scheduled, milliseconds since 1970. */
  readonly since?: number;
  readonly attempt: number;
  /** Why its last attempt failed. */
  readonly failure?: { readonly code: string; readonly message: string };
}

/** Asks the server, not a worker, what partitions are doing. A partition that has just ended has no steps. */
export function partitionSteps(
  client: Client,
  run: string,
  inflight: NonNullable<BackfillProgress['inflight']>,
): Promise<PartitionSteps[]> {
  return Promise.all(
    inflight.map(async ({ key, range }) => {
      const handle = client.workflow.getHandle(partitionWorkflowId(run, key));
      const described = await handle.describe().catch(() => undefined);
      return { key, range, steps: (described?.raw.pendingActivities ?? []).map(pendingStep) };
    }),
  );
}

const STARTED = 2;

interface Pending {
  readonly activityType?: { readonly name?: string | null } | null;
  readonly state?: unknown;
  readonly attempt?: number | null;
  readonly lastStartedTime?: Time | null;
  readonly scheduledTime?: Time | null;
  readonly lastFailure?: {
    readonly message?: string | null;
    readonly applicationFailureInfo?: { readonly type?: string | null } | null;
  } | null;
}

interface Time {
  readonly seconds?: unknown;
}

function pendingStep(pending: Pending): PendingStep {
  const { activityType, state, attempt, lastStartedTime, scheduledTime, lastFailure } = pending;
  const seconds = Number((lastStartedTime ?? scheduledTime)?.seconds);
  return {
    name: activityType?.name ?? '',
    running: state === STARTED,
    ...(Number.isFinite(seconds) ? { since: seconds * 1000 } : {}),
    attempt: attempt ?? 1,
    ...(lastFailure ? { failure: failureOf(lastFailure) } : {}),
  };
}

function failureOf({
  message,
  applicationFailureInfo,
}: NonNullable<Pending['lastFailure']>): NonNullable<PendingStep['failure']> {
  return { code: applicationFailureInfo?.type ?? 'INTERNAL', message: message ?? '' };
}
