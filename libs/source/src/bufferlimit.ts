import { resourceLimits } from 'node:worker_threads';

/** A thread whose heap limit is at least this keeps its buffers from one pull to the next. */
const MIN_HEAP_MB = 128;

/** Whether this thread keeps buffers for the next pull. With a small `--memory` the write after the pull needs them. */
export const keepsBuffers = (resourceLimits.maxOldGenerationSizeMb ?? MIN_HEAP_MB) >= MIN_HEAP_MB;
