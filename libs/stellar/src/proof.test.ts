import { ParquetryError } from '@parquetry/core';
import { networkId, detectNetwork } from './network';
import { checkLedger } from './proof';
import { hex } from './bytes';
import { SKIPPED, hasData, lakeObjects } from './testing/data';
import { NETWORK, buildLedger, decodedLedger } from './testing/ledger';
import { readBatchHeader, readLedger } from './xdr/reader';

function broken(run: () => void): ParquetryError {
  try {
    run();
  } catch (error) {
    if (error instanceof ParquetryError && error.code === 'CHAIN_BROKEN') return error;
    throw error;
  }
  throw new Error('the proof held');
}

describe('proof of a ledger', () => {
  it.each([0, 1, 2] as const)('holds for LedgerCloseMeta V%i made by stellar-base', (version) => {
    const ledger = decodedLedger({ version, transactions: [{}, { fee: 200 }] });
    expect(() => checkLedger(ledger)).not.toThrow();
    expect(() => checkLedger(ledger, '07'.repeat(32))).not.toThrow();
  });

  it('breaks on another previous ledger, with the ledger and both hashes', () => {
    const error = broken(() => checkLedger(decodedLedger({ sequence: 55 }), 'ab'.repeat(32)));
    expect(error.details).toEqual({
      ledger: 55,
      check: 'previous ledger hash',
      expected: 'ab'.repeat(32),
      actual: '07'.repeat(32),
    });
    expect(error.message).toContain('Ledger 55');
  });

  it('breaks when the header, a result or an envelope is changed, or a transaction is missing', () => {
    const bytes = buildLedger({ transactions: [{ fee: 100 }, { fee: 200 }] });
    const { meta } = readLedger(bytes, 0, 'test');
    const { header } = meta.value.ledgerHeader;
    const [first, second] = meta.value.txProcessing;
    if (first === undefined || second === undefined || meta.type === 0)
      throw new Error('not built as expected');
    const tampered = (at: number): string => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return String(broken(() => checkLedger(readLedger(copy, 0, 'test'))).details['check']);
    };
    expect(tampered(header.xdrEnd - 5)).toBe('header hash');
    expect(tampered(first.result.xdrStart)).toBe('transaction result hash');
    expect(tampered(meta.value.txSet.xdrStart + 8)).toBe('transaction set hash');
    const without = { bytes, meta: { ...meta, value: { ...meta.value, txProcessing: [first] } } } as never;
    expect(broken(() => checkLedger(without)).details['check']).toBe('transaction result hash');
  });

  (hasData ? it : it.skip)(`joins the ledgers of the real lakes${SKIPPED}`, async () => {
    for (const [lake, count] of [
      ['pubnet-1x64000', 10],
      ['pubnet-4x1', 8],
      ['testnet-997-999', 3],
      ['pubnet-old', 1],
    ] as const) {
      let previous: string | undefined;
      let checked = 0;
      for (const { name, bytes } of await lakeObjects(lake)) {
        const { start, end, offset } = readBatchHeader(bytes, name);
        let at = offset;
        for (let sequence = start; sequence <= end; sequence++) {
          const ledger = readLedger(bytes, at, name);
          checkLedger(ledger, previous);
          previous = hex(ledger.meta.value.ledgerHeader.hash);
          at = ledger.meta.xdrEnd;
          checked += 1;
        }
      }
      expect([lake, checked]).toEqual([lake, count]);
    }
  });
});

describe('network of a ledger', () => {
  it('is recognised by its transaction hashes', () => {
    const ledger = decodedLedger({ transactions: [{}] });
    expect(detectNetwork(ledger)).toBe(NETWORK);
    expect(detectNetwork(ledger, ['Another Network'])).toBeUndefined();
    expect(detectNetwork(decodedLedger())).toBeUndefined();
    expect(hex(networkId('Test SDF Network ; September 2015'))).toBe(
      'cee0302d59844d32bdca915c8203dd44b33fbb7edc19051ea37abedf28ecd472',
    );
  });
});
