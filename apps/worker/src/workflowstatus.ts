/** A paused workflow, or one in a state that this SDK does not know, continues. */
const OPEN: readonly string[] = ['RUNNING', 'PAUSED', 'UNKNOWN'];

/** Whether a workflow with this status (the name that `describe` gives) has not ended. */
export function isOpen(status: string): boolean {
  return OPEN.includes(status);
}
