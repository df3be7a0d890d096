import { type EndNote, type ParkNote, partsOfId } from '@parquetry/workflows';
import type { InjectedSinks } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import { traceOf } from '@parquetry/telemetry';
import type { Telemetry } from './telemetry';

type Fn<N> = (info: WorkflowInfo, note: N) => void;

// A type, not an interface: only a type fits the index signature of sinks.
type NoteSinks = {
  readonly telemetry: { readonly ended: (note: EndNote) => void; readonly parked: (note: ParkNote) => void };
};

/** Receives the notes of workflows. Every worker has these sinks, because the workflow code calls them in any case. */
export function noteSinks({ tracing, meters, log }: Telemetry): InjectedSinks<NoteSinks> {
  const trace = (runId: string): { trace?: string } =>
    tracing === undefined ? {} : { trace: traceOf(runId).traceId };
  const ended: Fn<EndNote> = (info, { end, facts, code }) => {
    const { workflowId, runId, workflowType: name, parent, continuedFromExecutionRunId: before } = info;
    const parts = partsOfId(workflowId);
    const failure = code === undefined ? {} : { code };
    log?.(end === 'failed' ? 'error' : 'info', `${name} ${end}`, {
      ...{ workflow: workflowId, ...parts, ...facts },
      ...failure,
      ...trace(runId),
    });
    tracing?.execution({
      ...{ workflowId, runId, name, ...failure },
      started: info.runStartTime.getTime(),
      ended: Date.now(),
      facts: { ...parts, ...facts, end },
      links: [parent?.runId, before].filter((id) => id !== undefined),
    });
  };
  const parked: Fn<ParkNote> = ({ workflowId, runId }, { ledgers, failures }) => {
    const datasets = failures.map(({ dataset }) => dataset).join(', ');
    const parts = partsOfId(workflowId);
    const facts = { ...parts, datasets, ...(ledgers === undefined ? {} : { ledgers }) };
    const [first] = failures;
    const code = first?.code ?? 'INTERNAL';
    meters?.record('parquetry_parked', 1, { code });
    log?.('error', 'parked: waits for a person', {
      ...{ workflow: workflowId, ...facts, code, step: first?.step, error: first?.message },
      ...trace(runId),
    });
    tracing?.moment({ workflowId, runId, name: 'parked', facts }, code);
  };
  return { telemetry: { ended: { fn: ended }, parked: { fn: parked } } };
}
