import { ParquetryError } from '@parquetry/core';
import { STELLAR_TYPES, type StellarType } from '../rows/types';
import { type Compiled, type ReadState, XdrFault, compile } from './compile';
import { unusedParts } from './parts';
import type { LedgerCloseMeta, LedgerHeader, ScVal } from './types';

/** Newest protocol whose XDR these readers support completely. */
const SUPPORTED_PROTOCOL = 28;

const ROOTS = ['LedgerCloseMeta', 'LedgerHeader', 'ScVal'] as const;
type Root = (typeof ROOTS)[number];

const SPANS = new Set([
  'LedgerCloseMeta',
  'LedgerHeader',
  'LedgerHeaderHistoryEntry',
  'GeneralizedTransactionSet',
  'TransactionEnvelope',
  'TransactionV0',
  'Transaction',
  'FeeBumpTransaction',
  'TransactionResultPair',
  'TransactionResult',
  'TransactionMeta',
  'ContractEvent',
  'DiagnosticEvent',
  'LedgerEntryData',
  'ContractDataEntry',
  'LedgerKey',
  'LiquidityPoolParameters',
  'ClaimableBalanceId',
  'InvokeContractArgs',
  'ScVal',
]);
const FIELD_SPANS = new Set([
  'TransactionResultMeta.feeProcessing',
  'TransactionResultMetaV1.feeProcessing',
  'AccountEntry.signers',
]);

/** Readers by the parts that they skip. A process uses few different sets of message types. */
const readers = new Map<string, Compiled<Root>>();

function readerFor(types: readonly StellarType[]): Compiled<Root> {
  const skips = unusedParts(types);
  const key = [...skips].join(' ');
  const known = readers.get(key);
  if (known !== undefined) return known;
  const compiled = compile({ roots: ROOTS, spans: SPANS, fieldSpans: FIELD_SPANS, skips });
  readers.set(key, compiled);
  return compiled;
}

/** A ledger with the bytes that its offsets and views refer to. */
export interface DecodedLedger {
  readonly bytes: Buffer;
  readonly meta: LedgerCloseMeta;
}

/**
 * Reads the LedgerCloseMeta that begins at `offset`; its end is `meta.xdrEnd`. `where` names the input in errors.
 * `types`: the message types to make rows of; parts that only other types use are checked but not built.
 * @throws ParquetryError PROTOCOL_UNSUPPORTED for an unknown union arm or enum value, SOURCE_CORRUPT for bytes that
 * are not such a value
 */
export function readLedger(
  bytes: Buffer,
  offset: number,
  where: string,
  types: readonly StellarType[] = STELLAR_TYPES,
): DecodedLedger {
  const meta = readAt<LedgerCloseMeta>(readerFor(types), 'LedgerCloseMeta', bytes, offset, where);
  return { bytes, meta };
}

/**
 * Reads bytes that are exactly one ScVal.
 * @throws ParquetryError PROTOCOL_UNSUPPORTED, SOURCE_CORRUPT
 */
export function readScVal(bytes: Buffer, where: string): ScVal {
  const value = readAt<ScVal>(readerFor([]), 'ScVal', bytes, 0, where);
  assertEnd(bytes, value.xdrEnd, where);
  return value;
}

/**
 * Reads bytes that are exactly one LedgerHeader.
 * @throws ParquetryError PROTOCOL_UNSUPPORTED, SOURCE_CORRUPT
 */
export function readHeader(bytes: Buffer, where: string): LedgerHeader {
  const header = readHeaderAt(bytes, 0, where);
  assertEnd(bytes, header.xdrEnd, where);
  return header;
}

/**
 * Reads the LedgerHeader that begins at `offset`; its end is `xdrEnd`.
 * @throws ParquetryError PROTOCOL_UNSUPPORTED, SOURCE_CORRUPT
 */
export function readHeaderAt(bytes: Buffer, offset: number, where: string): LedgerHeader {
  return readAt<LedgerHeader>(readerFor([]), 'LedgerHeader', bytes, offset, where);
}

/** The header of a LedgerCloseMetaBatch: ledgers `start`–`end`, inclusive; the first one begins at `offset`. */
export interface BatchHeader {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

/**
 * Reads the header of a LedgerCloseMetaBatch and checks that the number of ledgers matches its range.
 * @throws ParquetryError SOURCE_CORRUPT
 */
export function readBatchHeader(bytes: Buffer, where: string): BatchHeader {
  if (bytes.length < 12) throw corrupt(where, 'the data ends in the middle of a value', bytes.length);
  const start = bytes.readUInt32BE(0);
  const end = bytes.readUInt32BE(4);
  const count = bytes.readUInt32BE(8);
  if (end < start || count !== end - start + 1)
    throw corrupt(where, `a batch of ledgers ${start}–${end} holds ${count} ledgers`, 0);
  return { start, end, offset: 12 };
}

/** @throws ParquetryError SOURCE_CORRUPT when bytes follow the last value */
export function assertEnd(bytes: Buffer, end: number, where: string): void {
  if (end !== bytes.length) throw corrupt(where, `${bytes.length - end} bytes follow the last value`, end);
}

function readAt<T>(compiled: Compiled<Root>, root: Root, bytes: Buffer, offset: number, where: string): T {
  try {
    return compiled.read[root](bytes, offset) as T;
  } catch (cause) {
    if (!(cause instanceof XdrFault)) throw cause;
    if (cause.kind === 'corrupt') throw corrupt(where, cause.message, cause.offset, cause);
    throw unsupported(where, cause, compiled.state);
  }
}

function corrupt(where: string, what: string, offset: number, cause?: unknown): ParquetryError {
  return new ParquetryError('SOURCE_CORRUPT', `${where} is not valid ledger XDR: ${what} (byte ${offset}).`, {
    details: { source: where, offset },
    hint: 'Fetch the object again from its origin and compare checksums.',
    cause,
  });
}

function unsupported(where: string, fault: XdrFault, { protocol, ledger }: ReadState): ParquetryError {
  const of = protocol === undefined ? '' : ` of ledger ${ledger}, protocol ${protocol}`;
  return new ParquetryError(
    'PROTOCOL_UNSUPPORTED',
    `${where} holds ${fault.message}${of}, which this version does not know (byte ${fault.offset}).`,
    {
      details: {
        source: where,
        offset: fault.offset,
        supported_protocol: SUPPORTED_PROTOCOL,
        ...(protocol === undefined ? {} : { protocol }),
        ...(ledger === undefined ? {} : { ledger }),
      },
      hint: `This version reads ledgers up to protocol ${SUPPORTED_PROTOCOL}; use a newer one.`,
      cause: fault,
    },
  );
}
