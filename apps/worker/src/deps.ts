import type { Client } from '@temporalio/client';
import type { Writer } from '@parquetry/writer';
import type { Archives } from './archives';
import type { PullPool } from './pull/pool';
import type { Workplace } from './workplace';

/** What the activities work with; built once a worker. */
export interface WorkerDeps {
  readonly workplace: Workplace;
  readonly writer: Writer;
  readonly pulls: PullPool;
  /** Task queue of the work folder's stages. */
  readonly queue: string;
  readonly client: Client;
  readonly archives: Archives;
  /** Aborted when the worker is told to stop: a step that only waits ends at once, others have their grace time. */
  readonly stopping: AbortSignal;
  /** Hears each decision as a line (`--debug`); absent when nobody asked. */
  readonly debug?: DebugSink;
}

/** Takes the lines of the debug mode: to stderr or a file of this process, never to Temporal. */
export type DebugSink = (line: string) => void;
