import { ApplicationFailure } from '@temporalio/workflow';
import { type InputKind, inputFault } from './contract/inputs';

/**
 * Fails the workflow when its input is malformed: someone may start it by hand. Any other error would be one of the
 * workflow task, which Temporal retries for ever.
 * @throws ApplicationFailure USAGE
 */
export function assertInput(kind: InputKind, input: unknown): void {
  const fault = inputFault(kind, input);
  if (fault !== undefined)
    throw ApplicationFailure.nonRetryable(`Not an input of the workflow ${kind}: ${fault}.`, 'USAGE');
}
