import type { Client } from '@temporalio/client';
import type { Writer } from '@parquetry/writer';
import type { AllowList } from './allowlist';
import type { Archives } from './archives';
import type { Limits } from './limits';
import type { PullPool } from './pull/pool';
import type { Telemetry } from './telemetry/telemetry';
import type { Workplace } from './workplace';

/** Dependencies of the activities; built once per worker. */
export interface WorkerDeps {
  readonly workplace: Workplace;
  readonly writer: Writer;
  /** See `MemoryBudget.verifyAlone`. */
  readonly verifyAlone: boolean;
  readonly pulls: PullPool;
  /** Task queue of the work folder's stages. */
  readonly queue: string;
  /** How long a step may wait in `queue` before another worker pulls its partition again, milliseconds; absent: 10 min. */
  readonly takeOverMs?: number;
  readonly limits: Limits;
  readonly allow: AllowList;
  readonly client: Client;
  readonly archives: Archives;
  /** Aborted when the worker stops: a step that only waits ends at once, others have a grace period. */
  readonly stopping: AbortSignal;
  /** Receives each decision as a line (`--debug`); absent when debugging is off. */
  readonly debug?: DebugSink;
  readonly telemetry: Telemetry;
}

/** Receives the debug lines: for stderr or a file of this process, never for Temporal. */
export type DebugSink = (line: string) => void;
