import { ParquetryError } from '@parquetry/core';
import { xdr } from '@stellar/stellar-base';
import { accountStrkey } from '../strkey';
import { type BuiltLedger, NETWORK, account, decodedLedger, union } from '../testing/ledger';
import { LedgerContext } from './context';
import { stellarRows } from './index';
import type { Row } from './row';
import { goText } from './gotext';
import { toid } from './toid';

function rows(options: BuiltLedger): Row[] {
  return [...stellarRows(new LedgerContext(decodedLedger(options), NETWORK), 'transactions')];
}

function soroban(resourceFee: string): xdr.SorobanTransactionData {
  return new xdr.SorobanTransactionData({
    ext: union(
      xdr.SorobanTransactionDataExt,
      1,
      new xdr.SorobanResourcesExtV0({ archivedSorobanEntries: [2, 5] }),
    ),
    resources: new xdr.SorobanResources({
      footprint: new xdr.LedgerFootprint({ readOnly: [], readWrite: [] }),
      instructions: 4294967295,
      diskReadBytes: 11,
      writeBytes: 12,
    }),
    resourceFee: new xdr.Int64(resourceFee),
  });
}

function balance(byte: number, stroops: string): xdr.LedgerEntry {
  return new xdr.LedgerEntry({
    lastModifiedLedgerSeq: 1,
    data: xdr.LedgerEntryData.account(
      new xdr.AccountEntry({
        accountId: xdr.PublicKey.publicKeyTypeEd25519(Buffer.alloc(32, byte)),
        balance: new xdr.Int64(stroops),
        seqNum: new xdr.Int64('1'),
        numSubEntries: 0,
        inflationDest: null,
        flags: 0,
        homeDomain: '',
        thresholds: Buffer.alloc(4),
        signers: [],
        ext: union(xdr.AccountEntryExt, 0),
      }),
    ),
    ext: union(xdr.LedgerEntryExt, 0),
  });
}

function change(byte: number, from: string, to: string): xdr.LedgerEntryChange[] {
  const { ledgerEntryState, ledgerEntryUpdated } = xdr.LedgerEntryChange;
  return [ledgerEntryState(balance(byte, from)), ledgerEntryUpdated(balance(byte, to))];
}

const muxed = (byte: number, id: string): xdr.MuxedAccount =>
  xdr.MuxedAccount.keyTypeMuxedEd25519(
    new xdr.MuxedAccountMed25519({ id: new xdr.Uint64(id), ed25519: Buffer.alloc(32, byte) }),
  );

describe('transaction rows', () => {
  it.each([0, 1, 2] as const)('come out of LedgerCloseMeta V%i in apply order', (version) => {
    const result = rows({ version, sequence: 3, transactions: [{ fee: 1 }, { fee: 2 }] });
    expect(result.map((row) => [row['id'], row['max_fee']])).toEqual([
      [(3n << 32n) | 4096n, 1],
      [(3n << 32n) | 8192n, 2],
    ]);
  });

  it('have the Soroban fees, also of a muxed payer (stellar-etl loses it)', () => {
    const source = muxed(1, '18446744073709551615');
    const [row] = rows({
      transactions: [
        {
          source,
          fee: 5000,
          soroban: soroban('3000'),
          feeChanges: change(1, '100000', '96000'),
          postFeeChanges: change(1, '96000', '96700'),
        },
      ],
    });
    expect(row).toMatchObject({
      account: accountStrkey(Buffer.alloc(32, 1)),
      resource_fee: 3000n,
      soroban_resources_instructions: 4294967295,
      soroban_resources_read_bytes: 11,
      soroban_resources_disk_read_bytes: 11,
      soroban_resources_write_bytes: 12,
      soroban_resources_archived_entries: [2, 5],
      inclusion_fee_bid: 2000n,
      inclusion_fee_charged: 1000n,
      resource_fee_refund: 700n,
    });
    expect(row?.['account_muxed']).toMatch(/^M[A-Z2-7]{68}$/);
  });

  it('have the fee bump’s account and fee, and protocol 20’s correction', () => {
    const transaction = {
      feeBump: { source: account(6), fee: '9223372036854775807' },
      soroban: soroban('3000'),
      postFeeChanges: change(6, '1', '501'),
    };
    const [row] = rows({ protocol: 20, transactions: [transaction] });
    expect(row).toMatchObject({
      fee_account: accountStrkey(Buffer.alloc(32, 6)),
      fee_account_muxed: null,
      new_max_fee: 9223372036854775807n,
      fee_charged: 2500n,
      max_fee: 100,
    });
    expect(rows({ protocol: 21, transactions: [transaction] })[0]?.['fee_charged']).toBe(100n);
  });

  it('write preconditions and memos as text', () => {
    const cond = xdr.Preconditions.precondV2(
      new xdr.PreconditionsV2({
        timeBounds: new xdr.TimeBounds({ minTime: new xdr.Uint64('9'), maxTime: new xdr.Uint64('5') }),
        ledgerBounds: new xdr.LedgerBounds({ minLedger: 1, maxLedger: 4294967295 }),
        minSeqNum: new xdr.Int64('-3'),
        minSeqAge: new xdr.Uint64('18446744073709551615'),
        minSeqLedgerGap: 7,
        extraSigners: [
          xdr.SignerKey.signerKeyTypeHashX(Buffer.alloc(32, 1)),
          xdr.SignerKey.signerKeyTypeEd25519SignedPayload(
            new xdr.SignerKeyEd25519SignedPayload({
              ed25519: Buffer.alloc(32, 2),
              payload: Buffer.from('abc'),
            }),
          ),
        ],
      }),
    );
    const hash = Buffer.alloc(32, 8);
    const [first, second, third, fourth] = rows({
      transactions: [
        { cond, memo: xdr.Memo.memoId(new xdr.Uint64('18446744073709551615')) },
        { memo: xdr.Memo.memoText(Buffer.from([0x61, 0xff, 0xc3]) as never) },
        { memo: xdr.Memo.memoReturn(hash) },
        {
          cond: xdr.Preconditions.precondTime(
            new xdr.TimeBounds({ minTime: new xdr.Uint64('0'), maxTime: new xdr.Uint64('0') }),
          ),
        },
      ],
    });
    expect(first).toMatchObject({
      time_bounds: '[9,5)',
      ledger_bounds: '[1,4294967295)',
      min_account_sequence: -3n,
      min_account_sequence_age: 18446744073709551615n,
      min_account_sequence_ledger_gap: 7,
      memo: '18446744073709551615',
      memo_type: 'MemoTypeMemoId',
    });
    expect((first?.['extra_signers'] as string[]).map((signer) => signer[0])).toEqual(['X', 'P']);
    expect(second).toMatchObject({ memo: 'a\ufffd\ufffd', time_bounds: '', extra_signers: null });
    expect(third).toMatchObject({ memo: hash.toString('base64'), memo_type: 'MemoTypeMemoReturn' });
    expect(fourth?.['time_bounds']).toBe('[0,)');
  });

  it('need the correct network: with another passphrase no envelope has the hash', () => {
    const context = new LedgerContext(decodedLedger({ transactions: [{}] }), 'Another Network');
    expect(() => [...stellarRows(context, 'transactions')]).toThrow(/not in its transaction set/);
  });

  it('refuse a close time that is not a valid date', () => {
    expect(() => rows({ closeTime: '253402300800' })).toThrow(ParquetryError);
  });
});

describe('ledger rows', () => {
  it('name evicted keys and keep unsigned 64-bit sizes', () => {
    const key = xdr.LedgerKey.ttl(new xdr.LedgerKeyTtl({ keyHash: Buffer.alloc(32, 1) }));
    const ledger = decodedLedger({ version: 1, evictedKeys: [key], transactions: [{}] });
    const [row] = [...stellarRows(new LedgerContext(ledger, NETWORK), 'ledgers')];
    expect(row).toMatchObject({
      evicted_ledger_keys_type: ['LedgerEntryTypeTtl'],
      total_byte_size_of_live_soroban_state: 18446744073709551615n,
      total_coins: 1054439020873472865n,
      node_id: '',
      signature: '',
      successful_transaction_count: 1,
      tx_set_operation_count: '0',
    });
    expect(row?.['evicted_ledger_keys_hash']).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });

  it('have no Soroban columns in LedgerCloseMeta V0', () => {
    const ledger = decodedLedger({ version: 0 });
    const [row] = [...stellarRows(new LedgerContext(ledger, NETWORK), 'ledgers')];
    expect(row).toMatchObject({ total_byte_size_of_bucket_list: 0n, evicted_ledger_keys_hash: [] });
  });
});

it('text of invalid UTF-8 replaces each bad byte, as Go does', () => {
  expect(goText(Buffer.from('naïve €𝄞'))).toBe('naïve €𝄞');
  expect(goText(Buffer.from([0xe2, 0x82, 0x41, 0xf0, 0x9d, 0x84, 0x9e]))).toBe('\ufffd\ufffdA𝄞');
});

it('a total order id has room for 31, 20 and 12 bits', () => {
  expect(toid(0x7fffffff, 0xfffff, 0xfff)).toBe(9223372036854775807n);
  expect(() => toid(0x80000000, 1, 1)).toThrow(/no total order id/);
  expect(() => toid(1, 0x100000, 1)).toThrow(/no total order id/);
  expect(() => toid(1, 1, 0x1000)).toThrow(/no total order id/);
});
