import { environment } from './environment';
import { exitCodes } from './exitcodes';
import { ranges } from './ranges';
import { sources } from './sources';
import type { Topic } from './topic';

/** The topics of `parquetry help`, in the order of docs/help.md. */
export const TOPICS: readonly Topic[] = [ranges, sources, exitCodes, environment];
