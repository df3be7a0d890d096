/** Catalogue entry of an error: exit code, whether a workflow retries, and the text of docs/errors.md. */
interface ErrorEntry {
  /** 1: the work failed or a check found a fault; 2: wrong usage or configuration; 3: a service is unreachable. */
  readonly exit: 1 | 2 | 3;
  /** Whether a workflow retries the step automatically. */
  readonly retryable: boolean;
  readonly cause: string;
  readonly example: string;
  readonly remedy: string;
}

/** All errors that users can see, by their stable codes. `docs/errors.md` is generated from this table. */
export const ERROR_CODES = {
  // usage and configuration
  USAGE: {
    exit: 2,
    retryable: false,
    cause:
      'The command line is wrong: an unknown option, a missing argument, options that exclude each other.',
    example: '"FULLY" is not a compatibility mode.',
    remedy: 'Run the command with --help and correct the arguments.',
  },
  CONFIG_INVALID: {
    exit: 2,
    retryable: false,
    cause: 'A setting has a value that it does not take, or the configuration file has an unknown key.',
    example: 'The configuration file has no setting "compresion".',
    remedy: 'Correct the setting that the message names; docs/configuration.md lists all of them.',
  },
  RANGE_INVALID: {
    exit: 2,
    retryable: false,
    cause:
      'A ledger range is not well-formed, or its times are outside the ledgers of the source or archive.',
    example: '"500-100" is not a ledger range: it ends (100) before it starts (500).',
    remedy:
      'Give an inclusive range, for example 426000-426100. `parquetry help ranges` shows all forms, and what to do at the ends and gaps of a source.',
  },
  MESSAGE_TYPE_INVALID: {
    exit: 2,
    retryable: false,
    cause: 'A message type can’t be used as the name of a dataset.',
    example: '"contract.data" can’t be a message type: it has a dot.',
    remedy: 'Use letters, digits, "_" and "-" after a first letter.',
  },
  MESSAGE_TYPE_UNKNOWN: {
    exit: 2,
    retryable: false,
    cause: 'The source has no messages of a requested type.',
    example: 'The source has no messages of type trade.',
    remedy: 'Run without --types to see which types the source has.',
  },
  ARCHIVE_INVALID: {
    exit: 2,
    retryable: false,
    cause: 'The archive’s root is not an archive, or not a place where one can be made.',
    example: './archive is a file, not a folder.',
    remedy: 'Name the root of an archive, or an empty folder, bucket or prefix for a new one.',
  },
  ARCHIVE_MISMATCH: {
    exit: 2,
    retryable: false,
    cause: 'The run asks for a network, layout, integer style or nesting that differs from the archive’s.',
    example: 'The archive ./archive has the layout ledger_day; this run asks for hour.',
    remedy: 'Use the archive’s value, or write to another archive.',
  },
  ICEBERG_UNSUPPORTED: {
    exit: 2,
    retryable: false,
    cause: 'Iceberg can’t represent a column or a file of a dataset.',
    example: 'ledgers has 3 unsigned 32-bit columns (ledger_sequence, …), which Iceberg does not have.',
    remedy: 'Write a new archive with --portable-integers.',
  },
  ICEBERG_CONFLICT: {
    exit: 1,
    retryable: false,
    cause: 'The Iceberg metadata of a dataset belongs to another place or log, or another program wrote it.',
    example:
      'The Iceberg table ./archive/_iceberg/ledgers can’t be continued: the archive was moved or copied.',
    remedy: 'Run `parquetry iceberg sync --rebuild`: it writes the metadata again; data files stay.',
  },
  SOURCE_INVALID: {
    exit: 2,
    retryable: false,
    cause: 'The source can’t be used as given: wrong kind, wrong layout, no usable message.',
    example: './lake is not a Galexie lake: it has no ledger objects.',
    remedy: 'Correct the source’s URI or its options.',
  },
  SOURCE_NOT_FOUND: {
    exit: 2,
    retryable: false,
    cause: 'The source’s file, folder or bucket does not exist.',
    example: 'No file matches "./messages/*.ndjson".',
    remedy: 'Check the path; quote globs so that the shell does not expand them.',
  },
  LOCATION_REFUSED: {
    exit: 2,
    retryable: false,
    cause: 'The run names a source or an archive that the allow list of the worker does not cover.',
    example: 'This worker does not open the source ndjson:/etc/passwd: no --allow-source covers it.',
    remedy:
      'Name an allowed location; or add a prefix of it to --allow-source or --allow-archive of every worker (docs/security.md).',
  },
  NOT_AVAILABLE: {
    exit: 2,
    retryable: false,
    cause: 'This version does not have the requested feature.',
    example: 'The source kafka: is not available in this version.',
    remedy: 'Use a version that has it.',
  },
  QUERY_INVALID: {
    exit: 2,
    retryable: false,
    cause: 'DuckDB can’t run the query.',
    example: 'The query can’t be run: there is no table "transfers".',
    remedy: 'Give one SELECT; every dataset is a view with the dataset’s name.',
  },
  // services
  TEMPORAL_UNREACHABLE: {
    exit: 3,
    retryable: true,
    cause: 'The configured Temporal server does not answer.',
    example: 'Temporal at temporal.example.com:7233 refused the connection.',
    remedy: 'Check TEMPORAL_ADDRESS, the network, TLS settings and the API key.',
  },
  TEMPORAL_UNAVAILABLE: {
    exit: 3,
    retryable: false,
    cause: 'No embedded Temporal server could be started.',
    example: 'There is no Temporal server to start here.',
    remedy:
      'Read `.parquetry/temporal.log`. Put a `temporal` binary on PATH, install Go so that it can be built, or set TEMPORAL_ADDRESS.',
  },
  PAYLOAD_UNREADABLE: {
    exit: 2,
    retryable: true,
    cause: 'Temporal has a payload that is encrypted with a key that this process does not have.',
    example: 'A payload in Temporal is encrypted with the key "2026-01", which this process does not have.',
    remedy:
      'Set PARQUETRY_CODEC_KEYS or PARQUETRY_CODEC_KEYS_FILE to the same keys for every worker and client (docs/security.md).',
  },
  STORAGE_UNREACHABLE: {
    exit: 3,
    retryable: true,
    cause: 'The object store does not answer, or broke off a response.',
    example: 'The lake object FC3E15FF--63040000.xdr.zst can’t be read (ECONNRESET).',
    remedy: 'Check the network and the store’s status. Steps retry by themselves.',
  },
  CATALOG_FAILED: {
    exit: 3,
    retryable: true,
    cause: 'An Iceberg REST catalog does not answer, refuses a request, or has another table of the name.',
    example: 'The catalog https://catalog.example/ refused to register stellar.ledgers (403).',
    remedy: 'Check the URI, the namespace and the token in ICEBERG_CATALOG_TOKEN.',
  },
  SOURCE_UNREACHABLE: {
    exit: 3,
    retryable: true,
    cause: 'An RPC node or a processor does not respond, limits the request rate, or truncated an answer.',
    example: 'rpc:https://rpc.example/ does not respond (ECONNREFUSED).',
    remedy: 'Check the address and the service’s status. Steps retry by themselves.',
  },
  // the source
  SOURCE_OUT_OF_RANGE: {
    exit: 1,
    retryable: false,
    cause: 'The source keeps only a window of ledgers, and the requested ledgers are outside it.',
    example: 'rpc:https://rpc.example/ keeps ledgers 62972023-63092991; ledger 1000 is not among them.',
    remedy: 'Choose ledgers in the window, or put a lake before the node: galexie:LAKE,rpc:URL.',
  },
  PROCESSOR_FAILED: {
    exit: 1,
    retryable: true,
    cause: 'A processor ended with an exit code or reported, after its messages, that they are incomplete.',
    example: 'processor:trades ended with exit code 1: KeyError: price (ledgers 426000-426009).',
    remedy: 'Look at the processor’s own log. Steps retry by themselves.',
  },
  SOURCE_NOT_READY: {
    exit: 1,
    retryable: true,
    cause: 'The source does not have the newest of the requested ledgers yet.',
    example: 'rpc:https://rpc.example/ has ledgers up to 63092991, not 63092992 yet.',
    remedy: 'Steps retry by themselves; when the source stays behind, look at the service.',
  },
  LEDGER_MISSING: {
    exit: 1,
    retryable: false,
    cause: 'The source lacks a ledger of the range.',
    example: 'Ledger 63092985 is missing in the lake: its object does not exist.',
    remedy: 'Put the object back or fetch it from another copy of the lake, then retry the partition.',
  },
  SOURCE_CORRUPT: {
    exit: 1,
    retryable: false,
    cause: 'Source data is damaged: truncated, not decompressible, or not what its name says.',
    example: 'The lake object FC3E15FF--63040000.xdr.zst can’t be decompressed.',
    remedy:
      'Fetch the object again from its origin and compare checksums, or correct the message that the text names; then retry.',
  },
  SOURCE_CHANGED: {
    exit: 1,
    retryable: false,
    cause: 'A source file changed while a run was reading it.',
    example: 'messages.ndjson changed after the run began.',
    remedy: 'Start a new run; it reads the file again from the start.',
  },
  CHAIN_BROKEN: {
    exit: 1,
    retryable: false,
    cause: 'A ledger fails its proof: header hash, link to the previous ledger, or transaction results.',
    example: 'Ledger 63092985 fails its proof: the header hash is 1f…, expected 8c….',
    remedy:
      'Compare the ledger with another copy: it is damaged, or two networks are mixed. `parquetry verify` names every break.',
  },
  PROOF_FAILED: {
    exit: 1,
    retryable: false,
    cause:
      'The tables made from a ledger do not agree: an operation has no row or two rows, or a row refers to a transaction that does not exist.',
    example: 'Transaction 270990400 of ledger 63092985 has 2 of its 3 operations in operations.',
    remedy: 'Nothing was committed. Report the ledger: its rows were made by this program.',
  },
  PROTOCOL_UNSUPPORTED: {
    exit: 1,
    retryable: false,
    cause: 'A ledger holds an XDR value that this version does not know.',
    example: 'Ledger 70000000, protocol 30, holds SCVal arm 23 (byte 1840).',
    remedy: 'Use a newer version; docs/protocols.md says how protocols are added.',
  },
  // messages
  REJECTS_EXCEEDED: {
    exit: 1,
    retryable: false,
    cause: 'More messages were rejected than --max-rejects allows. Nothing of the partition was committed.',
    example: '12 messages of contract_data were rejected; 0 are allowed per partition.',
    remedy:
      'Read the rejects in `_parquetry/rejects`; correct the source, or raise --max-rejects in a new run.',
  },
  SCHEMA_CONFLICT: {
    exit: 1,
    retryable: false,
    cause:
      'Messages do not fit the registered schema, and the compatibility mode or contract forbids the change.',
    example: 'The column amount is int64 in version 2; messages have text.',
    remedy:
      'The message names column and types: correct the source, or start a new major with `parquetry schema promote` (docs/schemas.md).',
  },
  // writing, checking, committing
  STAGE_LOST: {
    exit: 1,
    retryable: false,
    cause: 'The worker with a partition’s staged rows no longer runs.',
    example: 'The stage 8c1f is not on this worker.',
    remedy:
      'Usually nothing: the partition is pulled again. After ten times, look at the worker’s memory and machine.',
  },
  STAGE_FULL: {
    exit: 1,
    retryable: true,
    cause: 'The worker’s stage or spool disk is full.',
    example: 'The disk is full: DuckDB could not write the partition.',
    remedy: 'Free space, lower --concurrency or --partition-size, or use a larger disk.',
  },
  STEP_TIMED_OUT: {
    exit: 1,
    retryable: true,
    cause: 'A step sent no heartbeat in time, or no worker took it.',
    example: 'pull timed out (HEARTBEAT).',
    remedy: 'Look at the worker: its log, its memory, its machine.',
  },
  WRITE_FAILED: {
    exit: 1,
    retryable: true,
    cause: 'DuckDB could not write a Parquet file.',
    example: 'DuckDB could not write the partition: out of memory.',
    remedy: 'Give the worker more memory, fewer threads or smaller partitions.',
  },
  CODEC_UNSUPPORTED: {
    exit: 2,
    retryable: false,
    cause: 'The compression codec or level is not supported.',
    example: 'Compression "lzo" is not written.',
    remedy: 'Use snappy, gzip, zstd, brotli, lz4 or none; levels go with zstd.',
  },
  VERIFY_MISMATCH: {
    exit: 1,
    retryable: false,
    cause:
      'The second reader found other rows, bounds or bytes than the pull counted. Nothing was committed.',
    example: 'The file has 4,999 rows for ledger 426007; the pull counted 5,000.',
    remedy: 'Retry the partition; if it fails again, suspect the disk or memory of that worker.',
  },
  ARCHIVES_DIFFER: {
    exit: 1,
    retryable: false,
    cause:
      '`compare` found other rows, ledgers that only one archive or neither has, or ledgers without row hashes.',
    example: 'The archives are not the same: 3 ledgers with other rows.',
    remedy: 'Run `parquetry compare` with --rows to see the rows that differ.',
  },
  ATTESTATION_INVALID: {
    exit: 1,
    retryable: false,
    cause:
      'An attestation has a wrong signature or form, or the archive does not have the rows that it attests.',
    example: 'The rows of ledgers 63092982-63092991 of trades are not those that the attestation names.',
    remedy:
      'Check that the public key is that of the signer. `parquetry verify --deep` shows whether the archive is damaged.',
  },
  ROW_HASHES_MISSING: {
    exit: 1,
    retryable: false,
    cause: 'Ledgers were written without row hashes, which an attestation or a proof needs.',
    example: 'Ledgers 1-64000 of trades have no row hashes.',
    remedy: 'Add them with `parquetry verify --deep --add-row-hashes`.',
  },
  FILE_CORRUPT: {
    exit: 1,
    retryable: false,
    cause: 'A data file is not readable as Parquet, or is not the file that was committed.',
    example: 'stellar-data-426000-426100-1754399884.parquet can’t be read as Parquet: no footer.',
    remedy:
      '`parquetry verify` names the file: restore it from a backup, or write its ledgers again with --mode replace.',
  },
  COMMIT_CONFLICT: {
    exit: 1,
    retryable: false,
    cause:
      'Another run committed some of the same ledgers with other rows, or another program wrote to the table.',
    example: 'Ledgers 426000-426099 of contract_data can’t be committed: the segment 426050-426149 overlaps.',
    remedy:
      'The message names the other segments. Fill only what is missing, or use --mode replace if your rows are right.',
  },
  COMMIT_CONTENDED: {
    exit: 1,
    retryable: true,
    cause: 'Other writers won every race for the next version of the log or the schema.',
    example: 'The commit of contract_data lost 64 races against other writers.',
    remedy: 'Retry with fewer concurrent partitions.',
  },
  KEY_INVALID: {
    exit: 1,
    retryable: false,
    cause: 'An object’s key is not safe: it leads out of the root, or differs from another in case only.',
    example: 'The object year=2025/../../etc is refused.',
    remedy: 'Remove the symbolic link or rename the object.',
  },
  STORAGE_FULL: {
    exit: 1,
    retryable: true,
    cause: 'The disk of the archive is full.',
    example: 'Can’t write ./archive/contract_data: the disk is full (ENOSPC).',
    remedy: 'Free space on the archive’s disk; no partial object is visible.',
  },
  STORAGE_NOT_FOUND: {
    exit: 2,
    retryable: false,
    cause: 'The bucket does not exist.',
    example: 'Can’t list s3://lake/stellar: there is no bucket lake.',
    remedy: 'Correct the name or create the bucket.',
  },
  STORAGE_REFUSED: {
    exit: 1,
    retryable: false,
    cause: 'The object store refuses a request, or lacks an operation that Parquetry needs.',
    example: 'The server of s3://lake/stellar does not support ranged reads.',
    remedy: 'Check endpoint, region, clock and permissions (docs/storage.md).',
  },
  OBJECT_EXISTS: {
    exit: 1,
    retryable: false,
    cause: 'Every name that a data file may have is taken by other content.',
    example: 'The names for the file of ledgers 426000-426099 are taken by other content.',
    remedy: 'Run `parquetry audit` and remove the files that no commit names.',
  },
  OBJECT_NOT_FOUND: {
    exit: 1,
    retryable: false,
    cause: 'An object that the archive needs does not exist.',
    example: 'Can’t read s3://lake/stellar/_parquetry/segments/…: there is no such object.',
    remedy: 'Run `parquetry verify`; restore the object, or write its partition again.',
  },
  LOG_CORRUPT: {
    exit: 1,
    retryable: false,
    cause: 'The Delta log of a dataset is damaged or incomplete.',
    example: 'Commit 12 is missing from the log of contract_data.',
    remedy:
      'Run `parquetry restore`: it writes the log again from the segment records; data files are not touched.',
  },
  RESTORE_UNCLEAR: {
    exit: 1,
    retryable: false,
    cause: 'The segment records do not say which segments the lost commits of a log had.',
    example:
      'The log of events can’t be restored: the segments 1-10-… and 5-14-… contain the same ledgers, and nothing says which was committed.',
    remedy:
      'Restore the folder of the dataset from a backup, or name the segment that was not committed: `parquetry restore --exclude SEGMENT`.',
  },
  ARCHIVE_CHANGED: {
    exit: 1,
    retryable: false,
    cause: 'The archive, or a part of it, was removed, restored from a copy or swapped while a run used it.',
    example:
      'Committed files of contract_data in ledgers 1-9 are not in the archive: 2 of 9, the first is ….',
    remedy:
      'Put the whole archive back as it was, or as one backup has it, then start the run again: it fills what is missing.',
  },
  LOG_UNSUPPORTED: {
    exit: 1,
    retryable: false,
    cause: 'Another program gave the table a Delta feature that this version can’t read or write.',
    example: 'The table uses deletion vectors.',
    remedy: 'Undo the feature with the program that enabled it.',
  },
  PERMISSION_DENIED: {
    exit: 1,
    retryable: false,
    cause: 'The file system or object store denies access.',
    example: 'Can’t write ./archive: permission denied (EACCES).',
    remedy:
      'Renew the credentials or grant the right, then retry. Workers read credentials in files, profiles and roles again; after a change of environment variables restart them.',
  },
  COVERAGE_GAP: {
    exit: 1,
    retryable: false,
    cause: 'Ledgers inside the archive’s range are not committed.',
    example: 'contract_data lacks ledgers 426100-426199.',
    remedy: 'Run the backfill over the range again; it fills only what is missing.',
  },
  MAJOR_OVERLAP: {
    exit: 1,
    retryable: false,
    cause: 'Two majors of a message type contain the same ledgers.',
    example: 'contract_data and contract_data.v2 both hold ledger 426500.',
    remedy:
      'Read only the major that owns the ledgers (docs/schemas.md) until the other’s files are removed; please report it.',
  },
  MAJOR_MISPLACED: {
    exit: 1,
    retryable: false,
    cause: 'A major contains ledgers that belong to another major.',
    example: 'contract_data.v2 begins at ledger 427000 and holds ledger 426900.',
    remedy: 'A record in `_parquetry/majors` was lost or changed: compare it with a backup.',
  },
  PARTITIONS_PARKED: {
    exit: 1,
    retryable: false,
    cause: 'All other partitions are committed; the parked ones wait for a decision.',
    example: '2 of 40 partitions are parked; the others are committed.',
    remedy:
      'Read why in the Temporal UI or with `parquetry status`, correct the cause, then `parquetry retry`.',
  },
  PARTITIONS_FAILED: {
    exit: 1,
    retryable: false,
    cause: 'Partitions failed in a run with --on-failure fail.',
    example: '1 of 40 partitions failed.',
    remedy: 'Correct the cause and run the same command again.',
  },
  MAINTENANCE_FAILED: {
    exit: 1,
    retryable: false,
    cause: 'A step of a maintenance run failed, or its audit found a fault. The other steps ran.',
    example: 'audit: 12 files, 9100 rows; 1 fault.',
    remedy:
      'Run the commands that the error and the details of the workflow `maintain/…` name, then `parquetry maintain` again.',
  },
  CANCELLED: {
    exit: 1,
    retryable: false,
    cause: 'The work was cancelled.',
    example: 'The upload of stellar-data-426000-426100.parquet was cancelled.',
    remedy: 'Run the same command again; committed partitions are kept.',
  },
  OUT_OF_MEMORY: {
    exit: 1,
    retryable: false,
    cause: 'A pull needs more memory than the worker allows it.',
    example: 'The pull of ledgers 426000-426999 ran out of memory.',
    remedy: 'Give the worker more memory with --memory, or use smaller partitions.',
  },
  INTERNAL: {
    exit: 1,
    retryable: true,
    cause: 'A defect of Parquetry.',
    example: 'A ledger was counted after it was closed.',
    remedy: 'Report it with the message and the command.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** The stable name of an error, printed in messages, logs, `--json` and Temporal failures (as their type). */
export type ErrorCode = keyof typeof ERROR_CODES;
