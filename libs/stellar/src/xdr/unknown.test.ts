import { ParquetryError } from '@parquetry/core';
import { xdr } from '@stellar/stellar-base';
import { type BuiltLedger, buildLedger } from '../testing/ledger';
import { readLedger } from './reader';
import { readUnknown } from './unknown';

const ERROR = new ParquetryError('PROTOCOL_UNSUPPORTED', 'unknown');

/** Ledgers 1000, 1001, … chained by their hashes, one after the other. */
function chain(versions: readonly BuiltLedger['version'][]): { bytes: Buffer; starts: number[] } {
  const parts: Buffer[] = [];
  const starts: number[] = [];
  let previousHash = Buffer.alloc(32, 7);
  let start = 0;
  for (const [index, version = 2] of versions.entries()) {
    const transactions = [{ memo: xdr.Memo.memoText(`memo ${index}`) }, {}];
    const bytes = buildLedger({ version, sequence: 1000 + index, previousHash, transactions });
    previousHash = Buffer.from(readLedger(bytes, 0, 'test').meta.value.ledgerHeader.hash);
    parts.push(bytes);
    starts.push(start);
    start += bytes.length;
  }
  return { bytes: Buffer.concat(parts), starts };
}

describe('a ledger with an unknown value', () => {
  it.each([0, 1, 2] as const)('of LedgerCloseMeta V%i ends where the next one begins', (version) => {
    const { bytes, starts } = chain([version, version, version]);
    const { meta } = readLedger(bytes, starts[1] as number, 'test');
    const [first] = meta.value.txProcessing;
    bytes.writeUInt32BE(9, first?.txApplyProcessing.xdrStart ?? 0);
    expect(() => readLedger(bytes, starts[1] as number, 'test')).toThrow('TransactionMeta arm 9');
    const found = readUnknown(bytes, starts[1] as number, 1001, false, ERROR);
    expect(found).toMatchObject({ sequence: 1001, start: starts[1], end: starts[2] });
    expect(found.header?.header.ledgerSeq).toBe(1001);
    expect(readLedger(bytes, found.end, 'test').meta.value.ledgerHeader.header.ledgerSeq).toBe(1002);
    const last = readUnknown(bytes, starts[2] as number, 1002, true, ERROR);
    expect([last.start, last.end]).toEqual([starts[2], bytes.length]);
  });

  it('ends also where a ledger of another version begins', () => {
    const { bytes, starts } = chain([1, 2, 0]);
    for (const ledger of [0, 1])
      expect(readUnknown(bytes, starts[ledger] as number, 1000 + ledger, false, ERROR).end).toBe(
        starts[ledger + 1],
      );
  });

  it('is found at any transaction, also in the transaction set', () => {
    const { bytes, starts } = chain([2, 2]);
    const { meta } = readLedger(bytes, 0, 'test');
    const set = (meta.value as { txSet: { xdrStart: number } }).txSet.xdrStart;
    for (const at of [set, ...meta.value.txProcessing.map(({ result }) => result.result.xdrStart + 8)]) {
      const changed = Buffer.from(bytes);
      changed.writeInt32BE(77, at);
      expect(() => readLedger(changed, 0, 'test')).toThrow(/ (arm|Code) 77|77/);
      expect(readUnknown(changed, 0, 1000, false, ERROR).end).toBe(starts[1]);
    }
  });

  it('has no header when that has the unknown value, and still ends', () => {
    const { bytes, starts } = chain([2, 2]);
    const { header } = readLedger(bytes, 0, 'test').meta.value.ledgerHeader;
    // The extension is the last value of a header.
    bytes.writeUInt32BE(9, header.xdrEnd - 4);
    expect(() => readLedger(bytes, 0, 'test')).toThrow('LedgerHeaderExt arm 9');
    expect(readUnknown(bytes, 0, 1000, false, ERROR)).toMatchObject({ header: undefined, end: starts[1] });
  });

  it('ends nowhere when the next header is not proved', () => {
    const { bytes, starts } = chain([2, 2]);
    const next = readLedger(bytes, starts[1] as number, 'test').meta.value.ledgerHeader.header;
    const changed = Buffer.from(bytes);
    changed.writeUInt8(1, next.xdrEnd - 20);
    expect(() => readUnknown(changed, 0, 1000, false, ERROR)).toThrow(ERROR);
    expect(() => readUnknown(bytes, 0, 999, false, ERROR)).toThrow(ERROR);
    const version = Buffer.from(bytes);
    version.writeUInt32BE(5, 0);
    expect(() => readUnknown(version, 0, 1000, false, ERROR)).toThrow(ERROR);
    expect(readUnknown(version, 0, 1000, true, ERROR)).toMatchObject({
      header: undefined,
      end: bytes.length,
    });
  });
});
