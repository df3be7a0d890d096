import { ERROR_CODES } from '@parquetry/core';
import type { DatasetFailure, StepFault } from './contract/types';

/**
 * Steps of a run's own bookkeeping that fail. Each is shown and held back for a while; the partitions, which may be
 * days of work, go on or wait. What does not pass by itself is held until a person says that its cause is mended.
 */
export class Faults {
  /** In the order in which they came up. */
  private readonly known = new Map<string, StepFault>();
  private readonly held = new Set<string>();

  /** A step failed. */
  add({ step, code, message, hint }: Omit<DatasetFailure, 'dataset'>): void {
    // Quiet partitions are looked for again at the next quiet time, whatever the error.
    const final = step !== 'inspect' && isFinal(code);
    this.known.delete(step);
    this.known.set(step, { step, code, message, ...(hint === undefined ? {} : { hint }), final });
    this.held.add(step);
  }

  /** A step was done. */
  clear(step: string): void {
    this.known.delete(step);
    this.held.delete(step);
  }

  /** True while a step is not to be tried. */
  holds(step: string): boolean {
    return this.held.has(step);
  }

  /** A quiet time passed: what may pass by itself is tried again. */
  passed(): void {
    for (const { step, final } of this.known.values()) if (!final) this.held.delete(step);
  }

  /** A person says that the cause is mended: everything is tried again. */
  release(): void {
    this.held.clear();
  }

  /** True while a step waits for its next try. */
  get waiting(): boolean {
    return [...this.known.values()].some(({ step, final }) => !final && this.held.has(step));
  }

  /** The newest fault that waits for a person. */
  get final(): StepFault | undefined {
    return [...this.known.values()].findLast(({ step, final }) => final && this.held.has(step));
  }

  /** All of them; empty when every step was done the last time it was tried. */
  list(): readonly StepFault[] {
    return [...this.known.values()];
  }
}

function isFinal(code: string): boolean {
  return Object.hasOwn(ERROR_CODES, code) && !ERROR_CODES[code as keyof typeof ERROR_CODES].retryable;
}
