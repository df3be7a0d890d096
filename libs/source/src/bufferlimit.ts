import { resourceLimits } from 'node:worker_threads';

/** Least memory for objects of a thread that may keep other memory from one pull to the next. */
const ROOMY_MB = 128;

/** Whether this thread may keep memory for the next pull: with a small `--memory` the write that follows needs it. */
export const isRoomy = (resourceLimits.maxOldGenerationSizeMb ?? ROOMY_MB) >= ROOMY_MB;
