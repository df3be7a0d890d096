import type { Tracing } from '@parquetry/telemetry';
import { type EndNote, type ParkNote, runOfWorkflow } from '@parquetry/workflows';
import type { InjectedSinks } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';

type Fn<N> = (info: WorkflowInfo, note: N) => void;

// A type, not an interface: only a type fits the index signature of sinks.
type NoteSinks = {
  readonly telemetry: { readonly ended: (note: EndNote) => void; readonly parked: (note: ParkNote) => void };
};

/** Receives the notes of workflows. Every worker has these sinks, because the workflow code calls them in any case. */
export function noteSinks(tracing: Tracing | undefined): InjectedSinks<NoteSinks> {
  const ended: Fn<EndNote> = (info, { end, facts, code }) => {
    const { workflowId, runId, workflowType: name, parent, continuedFromExecutionRunId: before } = info;
    tracing?.execution({
      workflowId,
      runId,
      name,
      started: info.runStartTime.getTime(),
      ended: Date.now(),
      facts: { run: runOfWorkflow(workflowId), ...facts, end },
      ...(code === undefined ? {} : { code }),
      links: [parent?.runId, before].filter((id) => id !== undefined),
    });
  };
  const parked: Fn<ParkNote> = ({ workflowId, runId }, { ledgers, failures }) => {
    const datasets = failures.map(({ dataset }) => dataset).join(', ');
    const facts = {
      run: runOfWorkflow(workflowId),
      datasets,
      ...(ledgers === undefined ? {} : { ledgers }),
    };
    tracing?.moment({ workflowId, runId, name: 'parked', facts }, failures[0]?.code);
  };
  return { telemetry: { ended: { fn: ended }, parked: { fn: parked } } };
}
