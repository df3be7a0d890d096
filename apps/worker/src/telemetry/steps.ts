import { codeOf } from '@parquetry/core';
import { type StepFacts, inputFacts, partsOfId, resultFacts } from '@parquetry/workflows';
import { ApplicationFailure, type Info } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { Telemetry } from './telemetry';

/** Traces, measures and logs each attempt of a step. */
export class StepTelemetry implements ActivityInboundCallsInterceptor {
  constructor(
    private readonly info: Info,
    private readonly telemetry: Telemetry,
  ) {}

  execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const { info, telemetry } = this;
    const { workflowId = '', runId = info.activityId } = info.workflowExecution ?? {};
    const waited = Math.max(0, Date.now() - info.currentAttemptScheduledTimestampMs);
    const known = { ...partsOfId(workflowId), ...inputFacts(input.args[0]), attempt: info.attempt };
    const facts = { ...known, wait_ms: waited };
    telemetry.meters?.record('parquetry_step_wait_seconds', waited / 1000, { step: info.activityType });
    const work = (): Promise<unknown> => this.run(() => next(input), { workflow: workflowId, ...known });
    if (telemetry.tracing === undefined) return work();
    return telemetry.tracing.step({ workflowId, runId, name: info.activityType, facts }, work, (outcome) =>
      'error' in outcome
        ? { facts: {}, code: codeOf(outcome.error) }
        : { facts: resultFacts(outcome.result) },
    );
  }

  private async run(work: () => Promise<unknown>, facts: StepFacts): Promise<unknown> {
    const { log, tracing } = this.telemetry;
    const step = this.info.activityType;
    const started = performance.now();
    const seconds = (): number => (performance.now() - started) / 1000;
    const fields = (): StepFacts & { ms: number } => {
      const trace = tracing?.traceId();
      return {
        step,
        ...facts,
        ms: Math.round(seconds() * 1000),
        ...(trace === undefined ? {} : { trace }),
      };
    };
    log?.('debug', 'step started', fields());
    try {
      const result = await work();
      this.succeeded(seconds(), result);
      log?.('info', 'step completed', { ...fields(), ...resultFacts(result) });
      return result;
    } catch (error) {
      const code = codeOf(error);
      const end = this.failed(seconds(), error, code);
      const message = error instanceof Error ? error.message : String(error);
      const [level, what] = LOGGED[end];
      log?.(level, what, { ...fields(), code, error: message });
      throw error;
    }
  }

  private succeeded(seconds: number, result: unknown): void {
    const { meters } = this.telemetry;
    const step = this.info.activityType;
    meters?.record('parquetry_step_seconds', seconds, { step, outcome: 'ok' });
    const { bytesRead } = resultFacts(result);
    if (step !== 'pull' || typeof bytesRead !== 'number') return;
    meters?.record('parquetry_read_bytes', bytesRead);
    if (seconds > 0) meters?.record('parquetry_pull_bytes_per_second', bytesRead / seconds);
  }

  private failed(seconds: number, error: unknown, code: string): keyof typeof LOGGED {
    const { meters } = this.telemetry;
    const step = this.info.activityType;
    const outcome = code === 'CANCELLED' ? 'cancelled' : 'failed';
    meters?.record('parquetry_step_seconds', seconds, { step, outcome });
    if (outcome === 'cancelled') return 'cancelled';
    const again = isRetried(error, this.info);
    meters?.record(again ? 'parquetry_step_retries' : 'parquetry_step_failures', 1, { step, code });
    return again ? 'retried' : 'failed';
  }
}

const LOGGED = {
  cancelled: ['info', 'step cancelled'],
  retried: ['warn', 'step failed, will be retried'],
  failed: ['error', 'step failed'],
} as const;

/** Whether Temporal runs the step again after this failure. */
function isRetried(error: unknown, { attempt, retryPolicy }: Info): boolean {
  if (error instanceof ApplicationFailure && error.nonRetryable === true) return false;
  const most = retryPolicy?.maximumAttempts;
  return most === undefined || most === 0 || attempt < most;
}
