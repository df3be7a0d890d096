import { ParquetryError } from '@parquetry/core';
import type { temporal } from '@temporalio/proto';

/** One event of a workflow's history that `status` uses; values are decoded from their payloads. */
export type HistoryEvent =
  | { readonly kind: 'scheduled' | 'completed'; readonly activity: string; readonly value: unknown }
  /** `value` is the activity's input. */
  | {
      readonly kind: 'failed';
      readonly activity: string;
      readonly value: unknown;
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: 'child'; readonly workflowId: string; readonly value: unknown }
  | { readonly kind: 'signal'; readonly name: string; readonly value: unknown }
  | { readonly kind: 'update'; readonly name: string; readonly value: unknown };

/** The history of a workflow's latest run. Needs no worker. */
export interface RunHistory {
  /** Type of the workflow: backfill, tail, scheduled, compact, partition. */
  readonly type: string;
  /** First argument of the run; contains the state of an earlier run after a continue-as-new. */
  readonly input: unknown;
  readonly events: readonly HistoryEvent[];
  /** Result of the workflow, once it has ended. */
  readonly result?: unknown;
}

/** Source of a history; Temporal's `WorkflowHandle` implements it. */
interface HistoryHandle {
  readonly workflowId: string;
  fetchHistory(): Promise<temporal.api.history.v1.IHistory>;
}

/** Reads the history of a workflow. @throws ParquetryError USAGE when it has no start event */
export async function readHistory(handle: HistoryHandle): Promise<RunHistory> {
  const { events: raw } = await handle.fetchHistory();
  const started = raw?.[0]?.workflowExecutionStartedEventAttributes;
  if (raw === undefined || raw === null || started === undefined || started === null)
    throw new ParquetryError('USAGE', `"${handle.workflowId}" has no history.`);
  const events: HistoryEvent[] = [];
  const activities = new Map<string, { readonly activity: string; readonly value: unknown }>();
  let result: unknown;
  for (const event of raw) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const done = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes;
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
    const signal = event.workflowExecutionSignaledEventAttributes;
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (scheduled) {
      const step = { activity: scheduled.activityType?.name ?? '', value: first(scheduled.input?.payloads) };
      activities.set(String(event.eventId), step);
      events.push({ kind: 'scheduled', ...step });
    } else if (done) {
      const activity = activities.get(String(done.scheduledEventId))?.activity ?? '';
      events.push({ kind: 'completed', activity, value: first(done.result?.payloads) });
    } else if (failed) {
      const { activity = '', value } = activities.get(String(failed.scheduledEventId)) ?? {};
      const code = failed.failure?.applicationFailureInfo?.type ?? 'INTERNAL';
      events.push({ kind: 'failed', activity, value, code, message: failed.failure?.message ?? '' });
    } else if (child)
      events.push({
        kind: 'child',
        workflowId: child.workflowId ?? '',
        value: first(child.input?.payloads),
      });
    else if (signal)
      events.push({
        kind: 'signal',
        name: signal.signalName ?? '',
        value: first(signal.input?.payloads),
      });
    else if (update)
      events.push({ kind: 'update', name: update.name ?? '', value: first(update.args?.payloads) });
    result ??= first(event.workflowExecutionCompletedEventAttributes?.result?.payloads);
  }
  return {
    type: started.workflowType?.name ?? '',
    input: first(started.input?.payloads),
    events,
    ...(result === undefined ? {} : { result }),
  };
}

/** The part of Temporal's service that `readInput` asks; `client.workflowService` implements it. */
interface HistoryService {
  getWorkflowExecutionHistory(
    request: temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryRequest,
  ): Promise<temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryResponse>;
}

/** The first argument of a workflow, from the first event of its history. Needs no worker. */
export async function readInput(
  service: HistoryService,
  namespace: string,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): Promise<unknown> {
  const { history } = await service.getWorkflowExecutionHistory({
    namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  return first(history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads);
}

/** The first value of a list of payloads, if it is JSON, as all that we and Temporal's UI write. */
export function first(payloads: unknown): unknown {
  const [payload] = (payloads ?? []) as temporal.api.common.v1.IPayload[];
  const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? undefined);
  const encoding = text(payload?.metadata?.['encoding']);
  if (encoding === 'binary/encrypted')
    throw new ParquetryError(
      'PAYLOAD_UNREADABLE',
      'The history is encrypted, and this process has no keys.',
      {
        hint: 'Set PARQUETRY_CODEC_KEYS or PARQUETRY_CODEC_KEYS_FILE as for the workers.',
      },
    );
  if (encoding !== 'json/plain') return undefined;
  return JSON.parse(text(payload?.data)) as unknown;
}
