import type { DatasetFailure } from './types';
import type { StepFacts } from './facts';

/** The end of a workflow execution. */
export interface EndNote {
  /** `completed`, `failed`, `cancelled` or `continued` as new. */
  readonly end: 'completed' | 'failed' | 'cancelled' | 'continued';
  readonly facts: StepFacts;
  /** Error code of a failed workflow. */
  readonly code?: string;
}

/** A partition or a tail that waits for a person. */
export interface ParkNote {
  readonly ledgers?: string;
  readonly failures: readonly DatasetFailure[];
}

/** What workflows tell the worker that runs them, once and not during replay. */
export interface WorkflowNotes {
  ended(note: EndNote): void;
  parked(note: ParkNote): void;
}
