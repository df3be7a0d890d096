import { BACKFILLS } from './backfill';
import { LIMITED } from './limited';
import { PARTITIONS } from './partition';
import type { Scenario } from './setting';
import { TAILS } from './tail';
import { UPKEEP } from './upkeep';

/** Each covers waits, messages and failures that a change of the code could reorder. */
export const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  BACKFILLS,
  PARTITIONS,
  TAILS,
  UPKEEP,
  LIMITED,
].flatMap((scenarios) => Object.entries(scenarios));

export type { Keep } from './setting';
