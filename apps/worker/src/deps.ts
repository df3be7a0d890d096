import type { Client } from '@temporalio/client';
import type { Writer } from '@parquetry/writer';
import type { Archives } from './archives';
import type { Workplace } from './workplace';

/** What the activities work with; built once a worker. */
export interface WorkerDeps {
  readonly workplace: Workplace;
  readonly writer: Writer;
  /** Name of this worker's own task queue. */
  readonly queue: string;
  readonly client: Client;
  readonly archives: Archives;
}
