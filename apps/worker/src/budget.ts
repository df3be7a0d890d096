const MB = 1_000_000;

/** Memory budget of a worker beyond its idle process; all values in bytes. */
export interface MemoryBudget {
  /** Concurrent pulls, and concurrent writes. */
  readonly lanes: number;
  /** Limit of DuckDB's buffer manager; its other allocations (text of a row group, dictionaries) are additional. */
  readonly duckdbBytes: number;
  /** Freed memory that each of DuckDB's threads may keep; see `DatabaseOptions.keepFreed`. */
  readonly keepFreedBytes: number;
  /** Heap limit of one pull thread. */
  readonly heapBytes: number;
  /** Whether every value of a partition is read back while no write runs: the memory does not allow both. */
  readonly verifyAlone: boolean;
}

/** Measured memory of a lane: a pull thread, and a write with its read buffer and row group. */
const LANE_BYTES = 350 * MB;

/** Measured memory of reading back every value of one partition: the decoded row group and what is not collected yet. */
const FULL_VERIFY_BYTES = 250 * MB;

/** From this budget on DuckDB's threads may keep freed memory. */
const ROOMY_BYTES = 800 * MB;

/**
 * Splits `memoryBytes`: as many lanes as fit, up to `threads`, then just over half to DuckDB's buffer manager. Measured
 * in docs/decisions/008-row-path.md.
 */
export function memoryBudget(memoryBytes: number, threads: number): MemoryBudget {
  const lanes = Math.min(Math.max(Math.floor(memoryBytes / LANE_BYTES), 1), Math.max(threads, 1));
  const duckdbBytes = Math.max(Math.floor(memoryBytes * 0.5), 140 * MB);
  const heapBytes = Math.max(Math.floor((memoryBytes * 0.25) / lanes), 64 * MB);
  return {
    lanes,
    duckdbBytes,
    keepFreedBytes: (memoryBytes < ROOMY_BYTES ? 1 : 64) * MB,
    heapBytes,
    verifyAlone: memoryBytes < lanes * LANE_BYTES + FULL_VERIFY_BYTES,
  };
}
