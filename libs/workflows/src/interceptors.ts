import {
  ApplicationFailure,
  ContinueAsNew,
  type Next,
  type Sinks,
  type WorkflowExecuteInput,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptors,
  isCancellation,
  proxySinks,
} from '@temporalio/workflow';
import { inputFacts, resultFacts } from './contract/facts';
import type { EndNote, WorkflowNotes } from './contract/notes';
import { onParked } from './parknote';

/**
 * Tells the worker when an execution ends. It only watches the promise of the workflow: an interceptor that waits would
 * move the workflow's own steps to later microtasks, and commands of old histories could come in another order.
 */
class EndWatcher implements WorkflowInboundCallsInterceptor {
  constructor(private readonly notes: WorkflowNotes) {}

  execute(
    input: WorkflowExecuteInput,
    next: Next<WorkflowInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const execution = next(input);
    const facts = inputFacts(input.args[0]);
    execution.then(
      (result) => this.notes.ended({ end: 'completed', facts: { ...facts, ...resultFacts(result) } }),
      (error: unknown) => this.notes.ended({ ...endOf(error), facts }),
    );
    return execution;
  }
}

function endOf(error: unknown): Omit<EndNote, 'facts'> {
  if (error instanceof ContinueAsNew) return { end: 'continued' };
  if (isCancellation(error)) return { end: 'cancelled', code: 'CANCELLED' };
  return { end: 'failed', code: (error instanceof ApplicationFailure ? error.type : null) ?? 'INTERNAL' };
}

/** The interceptors of every workflow; see the worker's sinks. */
export const interceptors = (): WorkflowInterceptors => {
  const { telemetry } = proxySinks<Sinks & { telemetry: WorkflowNotes & Sinks[string] }>();
  onParked((note) => telemetry.parked(note));
  return { inbound: [new EndWatcher(telemetry)] };
};
