import { type ErrorCode, ParquetryError } from '@parquetry/core';
import { xdr } from '@stellar/stellar-base';
import fc from 'fast-check';
import { buildLedger } from '../testing/ledger';
import { assertEnd, readBatchHeader, readLedger, readScVal } from './reader';

function failure(run: () => unknown): ParquetryError {
  try {
    run();
  } catch (error) {
    if (error instanceof ParquetryError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const ledger = buildLedger({ transactions: [{ memo: xdr.Memo.memoText('abc') }, {}] });

describe('hostile ledger XDR', () => {
  it('truncated anywhere is SOURCE_CORRUPT', () => {
    for (let end = 0; end < ledger.length; end++) {
      const error = failure(() => readLedger(ledger.subarray(0, end), 0, 'object'));
      expect([end, error.code]).toEqual([end, 'SOURCE_CORRUPT']);
      expect(error.details['source']).toBe('object');
    }
  });

  it('with any bytes changed reads or fails with a code, never otherwise', () => {
    const codes: ErrorCode[] = ['SOURCE_CORRUPT', 'PROTOCOL_UNSUPPORTED'];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(ledger.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const bytes = Buffer.from(ledger);
          for (const [at, value] of changes) bytes[at] = value;
          try {
            readLedger(bytes, 0, 'object');
          } catch (error) {
            expect(error).toBeInstanceOf(ParquetryError);
            expect(codes).toContain((error as ParquetryError).code);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('of an unknown meta version is PROTOCOL_UNSUPPORTED', () => {
    const bytes = Buffer.from(ledger);
    bytes.writeUInt32BE(9, 0);
    const error = failure(() => readLedger(bytes, 0, 'object'));
    expect(error.code).toBe('PROTOCOL_UNSUPPORTED');
    expect(error.message).toContain('LedgerCloseMeta arm 9');
  });

  it('with an unknown arm names ledger and protocol', () => {
    const bytes = buildLedger({ sequence: 77, protocol: 31, transactions: [{}] });
    const { txSet } = readLedger(bytes, 0, 'object').meta.value as { txSet: { xdrStart: number } };
    bytes.writeUInt32BE(5, txSet.xdrStart);
    const error = failure(() => readLedger(bytes, 0, 'object'));
    expect(error.code).toBe('PROTOCOL_UNSUPPORTED');
    expect(error.details).toMatchObject({ protocol: 31, ledger: 77 });
    expect(error.message).toContain('ledger 77, protocol 31');
  });

  it('skips parts that the message types do not use, but still checks them', () => {
    const whole = readLedger(ledger, 0, 'object').meta.value.txProcessing[0]?.txApplyProcessing;
    expect(whole?.type).toBe(4);
    const bytes = Buffer.from(ledger);
    const { txSet } = readLedger(bytes, 0, 'object').meta.value as { txSet: { xdrEnd: number } };
    bytes.writeUInt32BE(0xffff, txSet.xdrEnd);
    expect(failure(() => readLedger(bytes, 0, 'object', ['ledgers'])).code).toBe('SOURCE_CORRUPT');
    expect(readLedger(ledger, 0, 'object', ['ledgers']).meta.xdrEnd).toBe(ledger.length);
  });

  it('with a list longer than the data does not allocate it', () => {
    const bytes = Buffer.concat([
      Buffer.of(0, 0, 0, 16, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xf0),
      Buffer.alloc(64),
    ]);
    const error = failure(() => readScVal(bytes, 'value'));
    expect(error.code).toBe('SOURCE_CORRUPT');
    expect(error.message).toContain('more than fit');
  });

  it('nested too deep is refused, nested 400 deep is read', () => {
    const nested = (depth: number): Buffer =>
      Buffer.concat([...Array<Buffer>(depth).fill(VEC_OF_ONE), Buffer.of(0, 0, 0, 1)]);
    expect(readScVal(nested(400), 'value').type).toBe('scvVec');
    expect(failure(() => readScVal(nested(5000), 'value')).message).toContain('nested deeper');
  });

  it('with padding that is not zero, or bytes after the end, is refused', () => {
    const bytes = xdr.ScVal.scvSymbol('abc').toXDR();
    expect(failure(() => readScVal(Buffer.concat([bytes, Buffer.alloc(4)]), 'value')).message).toContain(
      '4 bytes follow',
    );
    bytes[bytes.length - 1] = 1;
    expect(failure(() => readScVal(bytes, 'value')).message).toContain('padding');
    expect(failure(() => assertEnd(ledger, 4, 'object')).code).toBe('SOURCE_CORRUPT');
  });
});

/** Type vec, present, one element. */
const VEC_OF_ONE = Buffer.of(0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 1);

describe('batch header', () => {
  const header = (start: number, end: number, count: number): Buffer => {
    const bytes = Buffer.alloc(12);
    [start, end, count].forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
    return bytes;
  };

  it('returns the range inside', () => {
    expect(readBatchHeader(header(2, 63, 62), 'object')).toEqual({ start: 2, end: 63, offset: 12 });
    expect(readBatchHeader(header(0xffffffff, 0xffffffff, 1), 'object').end).toBe(0xffffffff);
  });

  it.each([
    [5, 4, 0],
    [5, 6, 1],
    [5, 6, 3],
  ])('%i–%i with %i ledgers is SOURCE_CORRUPT', (start, end, count) => {
    expect(failure(() => readBatchHeader(header(start, end, count), 'object')).code).toBe('SOURCE_CORRUPT');
  });

  it('truncated is SOURCE_CORRUPT', () => {
    expect(failure(() => readBatchHeader(Buffer.alloc(11), 'object')).code).toBe('SOURCE_CORRUPT');
  });
});
