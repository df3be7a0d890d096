/** Task queue of the workflows and of the steps that any worker can run. */
export const TASK_QUEUE = 'parquetry';

/**
 * Task queue of the steps that mostly wait for a source. They have separate slots: on the shared queue a few idle tails
 * would block all other work.
 */
export const WATCH_QUEUE = `${TASK_QUEUE}-watch`;

/** Task queue of the pulls from RPC nodes, where the server limits how many start a second over all workers. */
export const RPC_QUEUE = `${TASK_QUEUE}-rpc`;

/** The same for pulls from lakes. */
export const LAKE_QUEUE = `${TASK_QUEUE}-lake`;

/** Task queue of the steps that need a stage in one work folder; every worker of the folder serves it. */
export function stageQueue(folderId: string): string {
  return `${TASK_QUEUE}-stage-${folderId}`;
}

/** Typed search attributes. They are registered when a worker starts. */
export const ATTRIBUTES = {
  datasets: { name: 'ParquetryDatasets', type: 'KEYWORD_LIST' },
  network: { name: 'ParquetryNetwork', type: 'KEYWORD' },
  run: { name: 'ParquetryRun', type: 'KEYWORD' },
  /** `Parked` while a partition waits for a person; unset otherwise. */
  state: { name: 'ParquetryState', type: 'KEYWORD' },
  ledgerStart: { name: 'ParquetryLedgerStart', type: 'INT' },
  ledgerEnd: { name: 'ParquetryLedgerEnd', type: 'INT' },
} as const;

/** Partitions per page, and the most that a run starts at a time. */
export const PAGE = 50;

/** Workflow id of a partition; sorts by ledger. */
export function partitionWorkflowId(run: string, key: string): string {
  return `${run}/p/${key}`;
}

/** Visibility query for the parked partitions of a run. */
export function parkedQuery(run: string): string {
  return `ParquetryRun="${run}" AND ParquetryState="Parked" AND ExecutionStatus="Running"`;
}
