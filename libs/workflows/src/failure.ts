import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { DatasetFailure } from './contract/types';

/** The code, message and hint of a failed activity or child workflow. */
export function describeFailure(error: unknown, dataset: string, step: string): DatasetFailure {
  const inside = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  const cause = inside ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const details = cause.details?.[0] as { hint?: string } | undefined;
    const failure = { dataset, step, code: cause.type ?? 'INTERNAL', message: cause.message };
    return details?.hint === undefined ? failure : { ...failure, hint: details.hint };
  }
  if (cause instanceof TimeoutFailure)
    return { dataset, step, code: 'STEP_TIMED_OUT', message: `${cause.message} (${cause.timeoutType})` };
  if (cause instanceof CancelledFailure)
    return { dataset, step, code: 'CANCELLED', message: 'It was cancelled.' };
  if (cause instanceof TerminatedFailure)
    return { dataset, step, code: 'CANCELLED', message: 'It was terminated.' };
  return { dataset, step, code: 'INTERNAL', message: cause instanceof Error ? cause.message : String(cause) };
}

/** True when the step's stage is lost: it was removed, or its worker does not respond. */
export function isStageLost(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) return cause.type === 'STAGE_LOST';
  return cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START';
}
