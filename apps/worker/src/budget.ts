const MB = 1_000_000;

/** What a worker gives to its parts of the memory beyond its idle process; all in bytes. */
export interface MemoryBudget {
  /** Pulls at once, and writes at once. */
  readonly lanes: number;
  /** Limit of DuckDB's buffer manager; what it allocates beside it (text of a row group, dictionaries) comes on top. */
  readonly duckdbBytes: number;
  /** Freed memory that each of DuckDB's threads may keep; see `DatabaseOptions.keepFreed`. */
  readonly keepFreedBytes: number;
  /** Most memory of one pull thread's objects. */
  readonly heapBytes: number;
}

/** A lane's need (measured): a pull thread, and a write with its read buffer and row group. */
const LANE_BYTES = 350 * MB;

/** From this much memory on there is room for freed memory that is kept. */
const ROOMY_BYTES = 800 * MB;

/**
 * Shares `memoryBytes` out: as many lanes as fit, up to `threads`, then a good half to DuckDB's buffer
 * manager. Measured in docs/decisions/008-row-path.md.
 */
export function memoryBudget(memoryBytes: number, threads: number): MemoryBudget {
  const lanes = Math.min(Math.max(Math.floor(memoryBytes / LANE_BYTES), 1), Math.max(threads, 1));
  const duckdbBytes = Math.max(Math.floor(memoryBytes * 0.5), 140 * MB);
  const heapBytes = Math.max(Math.floor((memoryBytes * 0.25) / lanes), 64 * MB);
  return { lanes, duckdbBytes, keepFreedBytes: (memoryBytes < ROOMY_BYTES ? 1 : 64) * MB, heapBytes };
}
