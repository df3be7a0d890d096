import { codeOf } from '@parquetry/core';
import type { StepSpan, Tracing } from '@parquetry/telemetry';
import { inputFacts, resultFacts, runOfWorkflow } from '@parquetry/workflows';
import type { Info } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

/** Runs each attempt of a step as a span of its workflow execution's trace. */
export class StepTracer implements ActivityInboundCallsInterceptor {
  constructor(
    private readonly info: Info,
    private readonly tracing: Tracing,
  ) {}

  execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    return this.tracing.step(
      stepSpan(this.info, input.args),
      () => next(input),
      (outcome) =>
        'error' in outcome
          ? { facts: {}, code: codeOf(outcome.error) }
          : { facts: resultFacts(outcome.result) },
    );
  }
}

function stepSpan(info: Info, args: readonly unknown[]): StepSpan {
  const { workflowId = '', runId = info.activityId } = info.workflowExecution ?? {};
  return {
    workflowId,
    runId,
    name: info.activityType,
    facts: {
      run: runOfWorkflow(workflowId),
      ...inputFacts(args[0]),
      attempt: info.attempt,
      wait_ms: Math.max(0, Date.now() - info.currentAttemptScheduledTimestampMs),
    },
  };
}
