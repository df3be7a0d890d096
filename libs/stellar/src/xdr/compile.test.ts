import { xdr } from '@stellar/stellar-base';
import { SKIPPED, hasData, lakeObjects } from '../testing/data';
import { buildLedger } from '../testing/ledger';
import { firstDifference } from '../testing/compare';
import { XdrFault, compile } from './compile';

const whole = compile({
  roots: ['LedgerCloseMetaBatch', 'LedgerCloseMeta', 'ScVal', 'SorobanCredentials'],
  spans: new Set(['LedgerCloseMeta', 'LedgerHeader']),
  fieldSpans: new Set(['TransactionResultMetaV1.feeProcessing']),
});

describe('compiled readers', () => {
  it.each([0, 1, 2] as const)('read LedgerCloseMeta V%i as stellar-base does', (version) => {
    const bytes = buildLedger({ version, transactions: [{}, { memo: xdr.Memo.memoText('x') }] });
    const ours = whole.read.LedgerCloseMeta(bytes, 0);
    expect(firstDifference('LedgerCloseMeta', ours, xdr.LedgerCloseMeta.fromXDR(bytes))).toBeUndefined();
    expect(whole.state).toEqual({ offset: bytes.length, protocol: 23, ledger: 1000 });
  });

  (hasData ? it : it.skip).each(['pubnet-1x64000', 'testnet-997-999', 'pubnet-old'])(
    `read every value of %s as stellar-base does${SKIPPED}`,
    async (lake) => {
      for (const { name, bytes } of await lakeObjects(lake)) {
        const ours = whole.read.LedgerCloseMetaBatch(bytes, 0);
        expect(whole.state.offset).toBe(bytes.length);
        const theirs = xdr.LedgerCloseMetaBatch.fromXDR(bytes);
        expect([name, firstDifference('LedgerCloseMetaBatch', ours, theirs)]).toEqual([name, undefined]);
      }
    },
    120_000,
  );

  it('records the offsets of values', () => {
    const bytes = buildLedger({ transactions: [{}] });
    const padded = Buffer.concat([Buffer.alloc(8, 0xff), bytes]);
    const meta = whole.read.LedgerCloseMeta(padded, 8) as {
      xdrStart: number;
      xdrEnd: number;
      value: {
        ledgerHeader: { header: { xdrStart: number; xdrEnd: number } };
        txProcessing: { feeProcessingStart: number; feeProcessingEnd: number }[];
      };
    };
    expect([meta.xdrStart, meta.xdrEnd]).toEqual([8, padded.length]);
    const { header } = meta.value.ledgerHeader;
    const theirs = (xdr.LedgerCloseMeta.fromXDR(bytes).value() as xdr.LedgerCloseMetaV2)
      .ledgerHeader()
      .header();
    expect(padded.subarray(header.xdrStart, header.xdrEnd)).toEqual(theirs.toXDR());
    const fees = meta.value.txProcessing[0];
    expect((fees?.feeProcessingEnd ?? 0) - (fees?.feeProcessingStart ?? 0)).toBe(4);
  });

  it('skips checks but builds nothing', () => {
    const skipping = compile({
      roots: ['ScVal'],
      spans: new Set(),
      fieldSpans: new Set(),
      skips: new Set(['ScMapEntry']),
    });
    const entry = (val: xdr.ScVal): xdr.ScMapEntry => new xdr.ScMapEntry({ key: xdr.ScVal.scvU32(1), val });
    const bytes = xdr.ScVal.scvMap([entry(xdr.ScVal.scvString('abcde')), entry(xdr.ScVal.scvVoid())]).toXDR();
    expect(skipping.read.ScVal(bytes, 0)).toEqual({ type: 'scvMap', value: [undefined, undefined] });
    expect(skipping.state.offset).toBe(bytes.length);
    for (let end = 0; end < bytes.length; end++)
      expect(() => skipping.read.ScVal(bytes.subarray(0, end), 0)).toThrow(XdrFault);
  });

  it('reads the credentials that protocol 27 adds (CAP-71)', () => {
    const address = xdr.ScAddress.scAddressTypeContract(Buffer.alloc(32, 3) as never);
    const credentials = new xdr.SorobanAddressCredentials({
      address,
      nonce: new xdr.Int64('5'),
      signatureExpirationLedger: 6,
      signature: xdr.ScVal.scvVoid(),
    }).toXDR();
    const count = (n: number): Buffer => Buffer.of(0, 0, 0, n);
    const delegate = (nested: Buffer): Buffer =>
      Buffer.concat([address.toXDR(), xdr.ScVal.scvVoid().toXDR(), nested]);
    const v2 = whole.read.SorobanCredentials(Buffer.concat([count(2), credentials]), 0);
    expect(v2).toMatchObject({ type: 'sorobanCredentialsAddressV2', value: { nonce: 5n } });
    const tree = Buffer.concat([count(1), delegate(Buffer.concat([count(1), delegate(count(0))]))]);
    const bytes = Buffer.concat([count(3), credentials, tree]);
    expect(whole.read.SorobanCredentials(bytes, 0)).toMatchObject({
      type: 'sorobanCredentialsAddressWithDelegates',
      value: { delegates: [{ nestedDelegates: [{ nestedDelegates: [] }] }] },
    });
    expect(whole.state.offset).toBe(bytes.length);
  });
});
