import { createHash } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import { Asset, Contract, xdr } from '@stellar/stellar-base';
import { NETWORK, account, decodedLedger, metaV4, union } from '../testing/ledger';
import { accountStrkey } from '../strkey';
import { LedgerContext } from './context';
import { stellarRows } from './index';
import type { Row } from './row';

const symbol = (text: string): xdr.ScVal => xdr.ScVal.scvSymbol(text);
const contract = (byte: number): xdr.ScAddress =>
  xdr.ScAddress.scAddressTypeContract(Buffer.alloc(32, byte) as never);

interface Entry {
  readonly key?: xdr.ScVal;
  readonly val?: xdr.ScVal;
  readonly contract?: xdr.ScAddress;
  readonly modified?: number;
}

function entry(options: Entry = {}): xdr.LedgerEntry {
  return new xdr.LedgerEntry({
    lastModifiedLedgerSeq: options.modified ?? 1000,
    data: xdr.LedgerEntryData.contractData(
      new xdr.ContractDataEntry({
        ext: union(xdr.ExtensionPoint, 0),
        contract: options.contract ?? contract(1),
        key: options.key ?? symbol('k'),
        durability: xdr.ContractDataDurability.persistent(),
        val: options.val ?? xdr.ScVal.scvU32(1),
      }),
    ),
    ext: union(xdr.LedgerEntryExt, 0),
  });
}

const { ledgerEntryCreated, ledgerEntryUpdated, ledgerEntryState, ledgerEntryRestored } =
  xdr.LedgerEntryChange;
const created = (options?: Entry): xdr.LedgerEntryChange => ledgerEntryCreated(entry(options));
const updated = (options?: Entry): xdr.LedgerEntryChange => ledgerEntryUpdated(entry(options));
const state = (options?: Entry): xdr.LedgerEntryChange => ledgerEntryState(entry(options));
const restored = (options?: Entry): xdr.LedgerEntryChange => ledgerEntryRestored(entry(options));
const removed = (): xdr.LedgerEntryChange => xdr.LedgerEntryChange.ledgerEntryRemoved(ledgerKey());

function ledgerKey(): xdr.LedgerKey {
  return xdr.LedgerKey.contractData(
    new xdr.LedgerKeyContractData({
      contract: contract(1),
      key: symbol('k'),
      durability: xdr.ContractDataDurability.persistent(),
    }),
  );
}

/** Rows of a ledger with one transaction for each list of changes. */
function rows(...lists: xdr.LedgerEntryChange[][]): Row[] {
  const ledger = decodedLedger({ transactions: lists.map((changes) => ({ meta: metaV4(changes) })) });
  return [...stellarRows(new LedgerContext(ledger, NETWORK), 'contract_data')];
}

const u32 = (value: number): xdr.ScVal => xdr.ScVal.scvU32(value);

describe('contract_data rows', () => {
  it('fold all changes of an entry in a ledger into one', () => {
    const fold = (...lists: xdr.LedgerEntryChange[][]): unknown =>
      rows(...lists).map((row) => [row['ledger_entry_change'], row['val_decoded'], row['deleted']]);
    const old = { val: u32(1), modified: 900 };
    const next = { val: u32(2) };
    const last = { val: u32(3) };
    expect(fold([created(next)], [state(next), updated(last)])).toEqual([[0, '{"u32":3}', false]]);
    expect(fold([state(old), updated(next)], [state(next), updated(last)])).toEqual([
      [1, '{"u32":3}', false],
    ]);
    expect(fold([created(next)], [state(next), removed()])).toEqual([]);
    // The entry of a removal is its state before the ledger, as in stellar-etl.
    expect(fold([state(old), updated(next)], [state(next), removed()])).toEqual([[2, '{"u32":1}', true]]);
    expect(fold([state(old), removed()], [created(next)])).toEqual([[1, '{"u32":2}', false]]);
    expect(fold([restored(old), updated(next)])).toEqual([[4, '{"u32":2}', false]]);
    expect(fold([restored(old)], [state(next), removed()])).toEqual([[2, '{"u32":2}', true]]);
  });

  it('refuse changes that cannot follow each other', () => {
    const impossible = [
      [created(), created()],
      [state(), updated(), created()],
      [created(), restored()],
      [removed()],
      [state(), removed(), state(), updated()],
    ];
    for (const changes of impossible) {
      expect(() => rows(changes)).toThrow(ParquetryError);
      expect(() => rows(changes)).toThrow(/impossible way/);
    }
  });

  it('are ordered by key, hash the key and leave nonces out', () => {
    const nonce = xdr.ScVal.scvLedgerKeyNonce(new xdr.ScNonceKey({ nonce: new xdr.Int64('1') }));
    const result = rows([
      created({ contract: contract(9) }),
      created({ contract: contract(2) }),
      created({ key: nonce, contract: xdr.ScAddress.scAddressTypeAccount(key32(5)) }),
      created(),
    ]);
    expect(result.map((row) => row['contract_id']).map((id) => String(id).slice(0, 4))).toEqual([
      'CAAQ',
      'CABA',
      'CAEQ',
    ]);
    const key = ledgerKey().toXDR();
    expect(result[0]).toMatchObject({
      ledger_key_hash: createHash('sha256').update(key).digest('hex'),
      ledger_key_hash_base_64: key.toString('base64'),
      contract_durability: 'ContractDataDurabilityPersistent',
      contract_key_type: 'ScValTypeScvSymbol',
      key: JSON.stringify(symbol('k').toXDR('base64')),
      contract_data_xdr: (entry().data().value() as xdr.ContractDataEntry).toXDR('base64'),
      message_type: 'contract_data',
      processor_name: 'contract_data_processor',
      last_modified_ledger: 1000,
      closed_at: 1_700_000_000_000_000,
    });
  });

  it('name the asset of an asset contract only when its id proves it', () => {
    const issuer = Buffer.alloc(32, 4);
    const asset = new Asset('USDC', accountStrkey(issuer));
    const info = xdr.ScVal.scvVec([
      symbol('AlphaNum4'),
      xdr.ScVal.scvMap([
        new xdr.ScMapEntry({ key: symbol('asset_code'), val: xdr.ScVal.scvString('USDC') }),
        new xdr.ScMapEntry({ key: symbol('issuer'), val: xdr.ScVal.scvBytes(issuer) }),
      ]),
    ]);
    const val = xdr.ScVal.scvContractInstance(
      new xdr.ScContractInstance({
        executable: xdr.ContractExecutable.contractExecutableStellarAsset(),
        storage: [new xdr.ScMapEntry({ key: xdr.ScVal.scvVec([symbol('AssetInfo')]), val: info })],
      }),
    );
    const key = xdr.ScVal.scvLedgerKeyContractInstance();
    const id = contractIdOf(asset);
    const [genuine] = rows([created({ key, val, contract: id })]);
    expect(genuine).toMatchObject({
      asset_code: 'USDC',
      asset_issuer: asset.issuer,
      asset_type: 'credit_alphanum4',
    });
    const [forged] = rows([created({ key, val, contract: contract(1) })]);
    expect(forged).toMatchObject({ asset_code: '', asset_issuer: '', asset_type: '' });
    const native = xdr.ScVal.scvContractInstance(
      new xdr.ScContractInstance({
        executable: xdr.ContractExecutable.contractExecutableStellarAsset(),
        storage: [
          new xdr.ScMapEntry({
            key: xdr.ScVal.scvVec([symbol('AssetInfo')]),
            val: xdr.ScVal.scvVec([symbol('Native')]),
          }),
        ],
      }),
    );
    const [lumens] = rows([created({ key, val: native, contract: contractIdOf(Asset.native()) })]);
    expect(lumens).toMatchObject({ asset_code: '', asset_issuer: '', asset_type: 'native' });
  });

  it('give balances of contracts exactly, and skip negative ones and other shapes', () => {
    const key = xdr.ScVal.scvVec([symbol('Balance'), xdr.ScVal.scvAddress(contract(3))]);
    const balance = (hi: string, lo: string): xdr.ScVal => {
      const parts = new xdr.Int128Parts({ hi: new xdr.Int64(hi), lo: new xdr.Uint64(lo) });
      const member = (name: string, val: xdr.ScVal): xdr.ScMapEntry =>
        new xdr.ScMapEntry({ key: symbol(name), val });
      return xdr.ScVal.scvMap([
        member('amount', xdr.ScVal.scvI128(parts)),
        member('authorized', xdr.ScVal.scvBool(true)),
        member('clawback', xdr.ScVal.scvBool(false)),
      ]);
    };
    const [row] = rows([created({ key, val: balance('9223372036854775807', '18446744073709551615') })]);
    expect(row?.['balance']).toBe('170141183460469231731687303715884105727');
    expect(String(row?.['balance_holder'])).toMatch(/^C[A-Z2-7]{55}$/);
    expect(rows([created({ key, val: balance('-1', '0') })])[0]).toMatchObject({
      balance: '',
      balance_holder: '',
    });
    expect(rows([created({ key, val: u32(1) })])[0]).toMatchObject({ balance: '', balance_holder: '' });
  });
});

function key32(byte: number): xdr.PublicKey {
  return xdr.PublicKey.publicKeyTypeEd25519(account(byte).value() as Buffer);
}

function contractIdOf(asset: Asset): xdr.ScAddress {
  return new Contract(asset.contractId(NETWORK)).address().toScAddress();
}
