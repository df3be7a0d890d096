/** Findings of `verify` and `audit`, by their stable codes. `docs/errors.md` is generated from this table. */
export const FINDING_CODES = {
  // files against the log
  FILE_MISSING: 'A committed file is not on storage.',
  SIZE_DIFFERS: 'A committed file has another size.',
  SHA256_DIFFERS: 'A committed file has other bytes.',
  RECORD_DIFFERS: 'A file, or the files of a segment in the log, differ from the segment record.',
  FILE_CORRUPT: 'A committed file can’t be read as Parquet.',
  VERIFY_MISMATCH: 'The rows of a committed file differ from its segment record.',
  OBJECT_NOT_FOUND: 'A segment record is missing.',
  FOREIGN_FILE: 'Another program added a file to the table.',
  UNVERIFIED_COMMIT: 'A commit was made by another program.',
  // coverage
  OVERLAP: 'Two files contain the same ledgers.',
  COVERAGE_DIFFERS: 'The recorded coverage is not that of the segments.',
  COVERAGE_GAP: 'Ledgers inside the archive’s range are not committed.',
  MAJOR_OVERLAP: 'Two majors of a message type contain the same ledgers.',
  MAJOR_MISPLACED: 'A major contains ledgers that belong to another major.',
  // proofs
  CHAIN_BROKEN: 'The chain of ledger hashes breaks.',
  HASH_MISMATCH: 'A hash recomputed from the rows differs from the recorded hash.',
  COUNT_MISMATCH: 'A table does not have one row for each operation of a ledger.',
  REFERENCE_BROKEN: 'A row refers to a transaction or an operation that its ledger does not have.',
  CONSERVATION_BROKEN:
    'In a ledger, the changes of native balances and of the fee pool do not add up to the change of its total of coins.',
  TRUST_MISSING: 'The ledger of --trust is not in the archive.',
  TRUST_MISMATCH: 'The ledger of --trust has another hash.',
  // Iceberg tables
  ICEBERG_BEHIND: 'The Iceberg table does not have the newest commit; `parquetry iceberg sync` adds it.',
  ICEBERG_DIFFERS: 'The Iceberg table names other files than the Delta table, or can’t be read.',
  // objects that only take up space
  ORPHAN_FILE: 'No commit names this file.',
  REPLACED_FILE: 'A replaced file is still on storage.',
  STALE_UPLOAD: 'An unfinished upload takes up space.',
  LEFT_STAGE: 'A stage of a worker that no longer runs takes up space.',
  OLD_ICEBERG: 'Metadata of an earlier version of an Iceberg table takes up space.',
  OLD_PLAN: 'A plan of a finished run takes up space.',
} as const satisfies Record<string, string>;

/** The stable name of a finding. */
export type FindingCode = keyof typeof FINDING_CODES;
