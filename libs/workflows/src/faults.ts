import { ERROR_CODES } from '@parquetry/core';
import type { DatasetFailure, StepFault } from './contract/types';

/**
 * Failed bookkeeping steps of a run. Each is shown and delayed; the partitions, which may be days of work, continue or
 * wait. A final failure is held until a person resumes the run.
 */
export class Faults {
  /** In the order of occurrence. */
  private readonly known = new Map<string, StepFault>();
  private readonly held = new Set<string>();

  /** A step failed. */
  add({ step, code, message, hint }: Omit<DatasetFailure, 'dataset'>): void {
    // The look for quiet partitions is retried at the next quiet time, whatever the error.
    const final = step !== 'inspect' && isFinal(code);
    this.known.delete(step);
    this.known.set(step, { step, code, message, ...(hint === undefined ? {} : { hint }), final });
    this.held.add(step);
  }

  /** A step succeeded. */
  clear(step: string): void {
    this.known.delete(step);
    this.held.delete(step);
  }

  /** True while a step must not run. */
  holds(step: string): boolean {
    return this.held.has(step);
  }

  /** A quiet time passed: transient failures are retried. */
  passed(): void {
    for (const { step, final } of this.known.values()) if (!final) this.held.delete(step);
  }

  /** A person resumed the run: everything is retried. */
  release(): void {
    this.held.clear();
  }

  /** True while a step waits for its next attempt. */
  get waiting(): boolean {
    return [...this.known.values()].some(({ step, final }) => !final && this.held.has(step));
  }

  /** The newest fault that waits for a person. */
  get final(): StepFault | undefined {
    return [...this.known.values()].findLast(({ step, final }) => final && this.held.has(step));
  }

  /** All faults; empty when the last attempt of every step succeeded. */
  list(): readonly StepFault[] {
    return [...this.known.values()];
  }
}

function isFinal(code: string): boolean {
  return Object.hasOwn(ERROR_CODES, code) && !ERROR_CODES[code as keyof typeof ERROR_CODES].retryable;
}
