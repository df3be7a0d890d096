import type { Facts, Observer } from '@parquetry/system';

/** A workflow execution. */
interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

/** One attempt of a step. */
interface StepSpan extends Execution {
  /** Name of the activity. */
  readonly name: string;
  readonly facts: Facts;
}

/** A whole workflow execution that has ended. */
export interface ExecutionSpan extends Execution {
  /** Name of the workflow. */
  readonly name: string;
  /** Unix milliseconds. */
  readonly started: number;
  readonly ended: number;
  readonly facts: Facts;
  /** Error code, if it failed. */
  readonly code?: string;
  /** Other executions that it belongs to: the run of a partition, the execution that it continues. */
  readonly links: readonly string[];
}

/** An operation that ended on another thread. */
export interface PastOperation {
  readonly name: string;
  /** Unix milliseconds, with fractions. */
  readonly started: number;
  readonly ended: number;
  readonly facts: Facts;
  readonly code?: string;
}

/** How an attempt of a step ended. */
interface StepEnd {
  readonly facts: Facts;
  readonly code?: string;
}

/** Exports traces. All methods are cheap; spans are sent in batches. */
export interface Tracing {
  /** Runs a step as a span of its execution's trace. `end` describes the outcome. */
  step<T>(
    span: StepSpan,
    work: () => Promise<T>,
    end: (outcome: { readonly result: T } | { readonly error: unknown }) => StepEnd,
  ): Promise<T>;
  /** Records the span of a whole execution: the root of its trace. */
  execution(span: ExecutionSpan): void;
  /** Records what happened at one moment of an execution, such as its partition being parked. */
  moment(span: StepSpan, code?: string): void;
  /** A request of a command; `runId` says which execution it started, if any. */
  request<T>(
    name: string,
    facts: Facts,
    send: () => Promise<T>,
    runId: (result: T) => string | undefined,
  ): Promise<T>;
  /** Records operations of the running step. */
  readonly observer: Observer;
  /** Adds operations of another thread to the running step. */
  past(operations: readonly PastOperation[]): void;
  /** Id of the trace of the running step. */
  traceId(): string | undefined;
  /** Sends what is left. */
  close(): Promise<void>;
}
