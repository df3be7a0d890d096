import { DefaultFailureConverter } from '@temporalio/common';
import { FAILURE_PAYLOADS, FAILURE_TEXTS } from './failuretexts';

/** Converts the failures of workflows; Temporal's SDK loads it by this name. */
export const failureConverter = new DefaultFailureConverter({
  encodeCommonAttributes: FAILURE_TEXTS === FAILURE_PAYLOADS,
});
