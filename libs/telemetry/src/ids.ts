import { createHash } from 'node:crypto';

/** Ids of the trace of a workflow execution, lower case hex. */
export interface TraceIds {
  readonly traceId: string;
  /** The span of the whole execution. */
  readonly spanId: string;
}

/**
 * The trace of a workflow execution: its run id without the dashes. Every process derives the same ids, so the steps of
 * an execution join one trace without any header, on every worker and after every crash, and a trace is found from
 * Temporal's UI and the other way round.
 */
export function traceOf(runId: string): TraceIds {
  const plain = runId.replaceAll('-', '').toLowerCase();
  const hex = /^[0-9a-f]{32}$/.test(plain) ? plain : createHash('sha256').update(runId).digest('hex');
  return { traceId: hex.slice(0, 32), spanId: hex.slice(16, 32) };
}
