import { ParquetryError } from '@parquetry/core';
import { XdrFault, compile } from './compile';
import type { LedgerCloseMeta, LedgerHeader, ScVal } from './types';

/** Newest protocol whose XDR these readers know whole. */
export const SUPPORTED_PROTOCOL = 27;

const compiled = compile({
  roots: ['LedgerCloseMeta', 'LedgerHeader', 'ScVal'],
  spans: new Set([
    'LedgerCloseMeta',
    'LedgerHeader',
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
    'ContractDataEntry',
    'LedgerKey',
    'ScVal',
  ]),
  fieldSpans: new Set(['TransactionResultMeta.feeProcessing', 'TransactionResultMetaV1.feeProcessing']),
  // Checked but not built: what no row of this version looks at.
  skips: new Set([
    'Operation',
    'OperationResult',
    'ScpHistoryEntry',
    'LedgerFootprint',
    'LedgerUpgrade',
    'TrustLineEntry',
    'OfferEntry',
    'DataEntry',
    'ClaimableBalanceEntry',
    'LiquidityPoolEntry',
    'ContractCodeEntry',
    'ConfigSettingEntry',
    'TtlEntry',
    'LedgerEntryExt',
    'AccountEntry.inflationDest',
    'AccountEntry.homeDomain',
    'AccountEntry.thresholds',
    'AccountEntry.signers',
    'AccountEntry.ext',
    'LedgerHeader.skipList',
    'SorobanTransactionMeta.returnValue',
    'SorobanTransactionMetaV2.returnValue',
  ]),
});

/** A ledger with the bytes its spans and views point into. */
export interface DecodedLedger {
  readonly bytes: Buffer;
  readonly meta: LedgerCloseMeta;
}

/**
 * Reads the LedgerCloseMeta that begins at `offset`; its end is `meta.xdrEnd`. `where` names the input in errors.
 * @throws ParquetryError PROTOCOL_UNSUPPORTED for an unknown union arm or enum value, SOURCE_CORRUPT for bytes that
 * are no such value
 */
export function readLedger(bytes: Buffer, offset: number, where: string): DecodedLedger {
  const meta = readAt<LedgerCloseMeta>('LedgerCloseMeta', bytes, offset, where);
  return { bytes, meta };
}

/**
 * Reads bytes that are exactly one ScVal.
 * @throws ParquetryError PROTOCOL_UNSUPPORTED, SOURCE_CORRUPT
 */
export function readScVal(bytes: Buffer, where: string): ScVal {
  const value = readAt<ScVal>('ScVal', bytes, 0, where);
  assertEnd(bytes, value.xdrEnd, where);
  return value;
}

/**
 * Reads bytes that are exactly one LedgerHeader.
 * @throws ParquetryError PROTOCOL_UNSUPPORTED, SOURCE_CORRUPT
 */
export function readHeader(bytes: Buffer, where: string): LedgerHeader {
  const header = readAt<LedgerHeader>('LedgerHeader', bytes, 0, where);
  assertEnd(bytes, header.xdrEnd, where);
  return header;
}

/** The header of a LedgerCloseMetaBatch: ledgers `start`–`end`, inclusive; the first one begins at `offset`. */
export interface BatchHeader {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

/**
 * Reads the header of a LedgerCloseMetaBatch and checks that it holds as many ledgers as it says.
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

function readAt<T>(
  root: 'LedgerCloseMeta' | 'LedgerHeader' | 'ScVal',
  bytes: Buffer,
  offset: number,
  where: string,
): T {
  try {
    return compiled.read[root](bytes, offset) as T;
  } catch (cause) {
    if (!(cause instanceof XdrFault)) throw cause;
    if (cause.kind === 'corrupt') throw corrupt(where, cause.message, cause.offset, cause);
    throw unsupported(where, cause);
  }
}

function corrupt(where: string, what: string, offset: number, cause?: unknown): ParquetryError {
  return new ParquetryError('SOURCE_CORRUPT', `${where} is no valid ledger XDR: ${what} (byte ${offset}).`, {
    details: { source: where, offset },
    hint: 'Fetch the object again from its origin and compare checksums.',
    cause,
  });
}

function unsupported(where: string, fault: XdrFault): ParquetryError {
  const { protocol, ledger } = compiled.state;
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
