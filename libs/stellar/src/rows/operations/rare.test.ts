import { xdr } from '@stellar/stellar-base';
import { effectsSchema } from '../../schemas/effects';
import { operationsSchema } from '../../schemas/operations';
import { accountStrkey, claimableBalanceStrkey } from '../../strkey';
import { asJson, sameText } from '../../testing/asjson';
import * as entry from '../../testing/entries';
import type { Lossless } from '../../testing/golden';
import { NETWORK, account, decodedLedger, metaOf } from '../../testing/ledger';
import { LedgerContext } from '../context';
import { effectRows } from '../effects';
import type { Row } from '../row';
import { operationRows } from './index';

/** Operation types and effects that no golden has, by what stellar-etl's source says. */

const { OperationBody: Body } = xdr;
const [A, B, C] = [1, 2, 3].map((byte) => accountStrkey(Buffer.alloc(32, byte))) as [string, string, string];
const BALANCE = '00000000' + '09'.repeat(32);
const POOL = '07'.repeat(32);
const usd = entry.credit('USD', 3);
const USD = `USD:${C}`;

interface Case {
  readonly bodies: xdr.OperationBody[];
  readonly source?: xdr.MuxedAccount;
  readonly changes?: xdr.LedgerEntryChange[];
  readonly results?: xdr.OperationResult[];
  readonly failed?: boolean;
}

/** The row of the last operation, and its effects; each struct must say what its JSON says. */
function rows(test: Case): { operation: Row; effects: Row[] } {
  const { bodies, source, changes = [], results = [], failed = false } = test;
  const operations = bodies.map((body) => new xdr.Operation({ sourceAccount: null, body }));
  const meta = metaOf(bodies.map((_, index) => (index === bodies.length - 1 ? changes : [])));
  const transaction = { operations, results, failed, meta, ...(source === undefined ? {} : { source }) };
  const context = new LedgerContext(decodedLedger({ transactions: [transaction] }), NETWORK);
  const operation = [...operationRows(context)].at(-1) as Row;
  const effects = [...effectRows(context)].filter((effect) => effect['operation_id'] === operation['id']);
  const sameDetails = (schema: typeof operationsSchema, row: Row): void => {
    const { details, details_json: json } = asJson(schema.fields, row);
    expect(sameText(details as Lossless, json as Lossless)).toBe(true);
  };
  sameDetails(operationsSchema, operation);
  for (const effect of effects) sameDetails(effectsSchema, effect);
  return { operation, effects };
}

/** Effects as `type address details`. */
const texts = (effects: Row[]): string[] =>
  effects.map((row) => [row['type_string'], row['address'], row['details_json']].join(' '));
const detailsOf = (test: Case): unknown => JSON.parse(rows(test).operation['details_json'] as string);

it('inflation pays out', () => {
  const payout = new xdr.InflationPayout({ destination: entry.id(2), amount: new xdr.Int64('15') });
  const result = xdr.OperationResultTr.inflation(xdr.InflationResult.inflationSuccess([payout]));
  const results = [xdr.OperationResult.opInner(result)];
  const { operation, effects } = rows({ bodies: [Body.inflation()], results });
  expect(operation).toMatchObject({
    type: 9,
    type_string: 'inflation',
    details_json: '{}',
    operation_result_code: 'OperationResultCodeOpInner',
    operation_trace_code: 'InflationResultCodeInflationSuccess',
  });
  expect(texts(effects)).toEqual([`account_credited ${B} {"amount":"0.0000015","asset_type":"native"}`]);
});

it('account_merge of a multiplexed source keeps ids and balances of 64 bits', () => {
  const med = new xdr.MuxedAccountMed25519({
    id: new xdr.Uint64('18446744073709551615'),
    ed25519: Buffer.alloc(32, 1),
  });
  const merged = xdr.AccountMergeResult.accountMergeSuccess(new xdr.Int64('9223372036854775807'));
  const { operation, effects } = rows({
    bodies: [Body.accountMerge(account(2))],
    source: xdr.MuxedAccount.keyTypeMuxedEd25519(med),
    results: [xdr.OperationResult.opInner(xdr.OperationResultTr.accountMerge(merged))],
  });
  expect(operation['source_account_muxed']).toMatch(/^M/);
  expect(operation['details']).toMatchObject({
    account: A,
    account_muxed_id: 18446744073709551615n,
    into: B,
  });
  expect(operation['details_json']).toContain('"account_muxed_id":18446744073709551615,');
  expect(effects.map((row) => [row['type'], row['address'], row['address_muxed'] === null])).toEqual([
    [3, A, false],
    [2, B, true],
    [1, A, false],
  ]);
  expect(effects[0]?.['details_json']).toBe('{"amount":"922337203685.4775807","asset_type":"native"}');
  expect(effects[2]?.['details_json']).toBe('{}');
});

it('manage_data sets and removes', () => {
  const op = (value: Buffer | null): xdr.OperationBody =>
    Body.manageData(new xdr.ManageDataOp({ dataName: 'a "key"', dataValue: value }));
  const data = entry.data(1, 'a "key"', 'new');
  const name = '"name":"a \\"key\\""';
  const changes = [xdr.LedgerEntryChange.ledgerEntryCreated(data)];
  const set = rows({ bodies: [op(Buffer.from('new'))], changes });
  expect(set.operation['details_json']).toBe(`{${name},"value":"bmV3"}`);
  expect(texts(set.effects)).toEqual([`data_created ${A} {${name},"value":"bmV3"}`]);
  const gone = rows({ bodies: [op(null)], changes: entry.removed(data) });
  expect(gone.operation['details_json']).toBe(`{${name},"value":null}`);
  expect(texts(gone.effects)).toEqual([`data_removed ${A} {${name}}`]);
});

it('allow_trust revokes, and a pool is emptied into claimable balances', () => {
  const op = new xdr.AllowTrustOp({
    trustor: entry.id(2),
    asset: xdr.AssetCode.assetTypeCreditAlphanum4(Buffer.from('USD\0')),
    authorize: 0,
  });
  const changes = [
    ...entry.updated(entry.pool('100', '200', '50'), entry.pool('40', '80', '20')),
    xdr.LedgerEntryChange.ledgerEntryCreated(entry.balance(9, usd, '120', 0)),
  ];
  const { operation, effects } = rows({ bodies: [Body.allowTrust(op)], source: account(3), changes });
  expect(JSON.parse(operation['details_json'] as string)).toMatchObject({
    asset_code: 'USD',
    asset_issuer: C,
    asset_type: 'credit_alphanum4',
    authorize: false,
    trustee: C,
    trustor: B,
  });
  const asset = `"asset_code":"USD","asset_issuer":"${C}","asset_type":"credit_alphanum4"`;
  const cleared = '"authorized_flag":false,"authorized_to_maintain_liabilites":false';
  const held = `"amount":"0.0000120","asset":"${USD}","balance_id":"${BALANCE}"`;
  const revoked = `{"amount":"0.0000120","asset":"${USD}","claimable_balance_id":"${BALANCE}"}`;
  const pool =
    `{"fee_bp":30,"id":"${POOL}","reserves":[{"amount":"0.0000040","asset":"native"},` +
    `{"amount":"0.0000080","asset":"${USD}"}],"total_shares":"0.0000020","total_trustlines":"3",` +
    '"type":"constant_product"}';
  expect(texts(effects)).toEqual([
    `trustline_flags_updated ${C} {${asset},"trustor":"${B}"}`,
    `trustline_flags_updated ${C} {${asset},${cleared},"trustor":"${B}"}`,
    `claimable_balance_created ${C} {${held}}`,
    `claimable_balance_claimant_created ${B} {${held},"predicate":{"unconditional":true}}`,
    `liquidity_pool_revoked ${C} {"liquidity_pool":${pool},"reserves_revoked":[${revoked}],"shares_revoked":"0.0000030"}`,
  ]);
});

it('clawback and clawback_claimable_balance', () => {
  const clawback = new xdr.ClawbackOp({ asset: usd, from: account(2), amount: new xdr.Int64('5') });
  const first = rows({ bodies: [Body.clawback(clawback)], source: account(3) });
  expect(first.operation['details']).toMatchObject({ amount: 5n, from: B, asset_code: 'USD' });
  expect(first.effects.map((row) => [row['type_string'], row['address']])).toEqual([
    ['account_credited', C],
    ['account_debited', B],
  ]);
  const balanceId = xdr.ClaimableBalanceId.claimableBalanceIdTypeV0(Buffer.alloc(32, 9));
  const second = rows({
    bodies: [Body.clawbackClaimableBalance(new xdr.ClawbackClaimableBalanceOp({ balanceId }))],
    changes: entry.removed(entry.balance(9, usd, '7', 1)),
  });
  expect(JSON.parse(second.operation['details_json'] as string)).toEqual({
    balance_id: BALANCE,
    balance_id_strkey: claimableBalanceStrkey(Buffer.alloc(32, 9)),
  });
  expect(second.effects.map((row) => row['type'])).toEqual([80, 2]);
});

it.each<[string, xdr.LedgerKey, string]>([
  ['an account', entry.key.account(2), `{"account_id":"${B}"}`],
  ['data', entry.key.data(2, 'n'), `{"data_account_id":"${B}","data_name":"n"}`],
  ['an offer', entry.key.offer(2, '9007199254740993'), '{"offer_id":9007199254740993}'],
  ['a claimable balance', entry.key.balance(9), `{"claimable_balance_id":"${BALANCE}"}`],
  [
    'a trust line',
    entry.key.trustline(2, 'USD', 3),
    `{"trustline_account_id":"${B}","trustline_asset":"${USD}"}`,
  ],
  [
    'a pool trust line',
    entry.key.poolTrustline(2, 7),
    `{"trustline_account_id":"${B}","trustline_liquidity_pool_id":"${POOL}"}`,
  ],
  ['a pool', entry.key.pool(7), `{"liquidity_pool_id":"${POOL}"}`],
])('revoke_sponsorship of %s', (_, key, expected) => {
  const revoke = xdr.RevokeSponsorshipOp.revokeSponsorshipLedgerEntry(key);
  expect(rows({ bodies: [Body.revokeSponsorship(revoke)] }).operation['details_json']).toBe(expected);
});

it('sponsorships are made, moved and ended', () => {
  const revoke = xdr.RevokeSponsorshipOp.revokeSponsorshipLedgerEntry(entry.key.data(1, 'n'));
  const effects = (before: number | undefined, after: number | undefined): string[] => {
    const changes = entry.updated(entry.data(1, 'n', 'v', before), entry.data(1, 'n', 'v', after));
    return texts(rows({ bodies: [Body.revokeSponsorship(revoke)], changes }).effects);
  };
  const name = '"data_name":"n"';
  expect(effects(undefined, 2)).toEqual([`data_sponsorship_created ${A} {${name},"sponsor":"${B}"}`]);
  expect(effects(2, 3)).toEqual([
    `data_sponsorship_updated ${A} {${name},"former_sponsor":"${B}","new_sponsor":"${C}"}`,
  ]);
  expect(effects(2, undefined)).toEqual([`data_sponsorship_removed ${A} {${name},"former_sponsor":"${B}"}`]);
  expect(effects(2, 2)).toEqual([]);
});

it('revoke_sponsorship of a signer; end_sponsoring names who began', () => {
  const signer = new xdr.RevokeSponsorshipOpSigner({
    accountId: entry.id(2),
    signerKey: xdr.SignerKey.signerKeyTypeEd25519(Buffer.alloc(32, 3)),
  });
  const revoke = Body.revokeSponsorship(xdr.RevokeSponsorshipOp.revokeSponsorshipSigner(signer));
  expect(detailsOf({ bodies: [revoke] })).toEqual({ signer_account_id: B, signer_key: C });
  const sponsoredId = entry.id(1);
  const begin = Body.beginSponsoringFutureReserves(new xdr.BeginSponsoringFutureReservesOp({ sponsoredId }));
  const bodies = [begin, Body.endSponsoringFutureReserves()];
  expect(detailsOf({ bodies })).toEqual({ begin_sponsor: A });
  expect(detailsOf({ bodies, failed: true })).toEqual({});
});

it('liquidity pool deposits, also failed ones', () => {
  const deposit = Body.liquidityPoolDeposit(
    new xdr.LiquidityPoolDepositOp({
      liquidityPoolId: Buffer.alloc(32, 7) as never,
      maxAmountA: new xdr.Int64('60'),
      maxAmountB: new xdr.Int64('120'),
      minPrice: new xdr.Price({ n: 1, d: 3 }),
      maxPrice: new xdr.Price({ n: 2147483647, d: 2 }),
    }),
  );
  const changes = entry.updated(entry.pool('40', '80', '20'), entry.pool('100', '200', '50'));
  const made = rows({ bodies: [deposit], changes });
  expect(JSON.parse(made.operation['details_json'] as string)).toMatchObject({
    liquidity_pool_id: POOL,
    min_price: 0.3333333,
    min_price_r: { n: 1, d: 3 },
    max_price: 1073741823.5,
    reserve_a_asset_type: 'native',
    reserve_b_asset_code: 'USD',
    reserve_a_deposit_amount: 0.000006,
    reserve_b_deposit_amount: 0.000012,
    shares_received: 0.000003,
  });
  const added = `[{"amount":"0.0000060","asset":"native"},{"amount":"0.0000120","asset":"${USD}"}]`;
  expect(texts(made.effects)[0]).toContain(`"reserves_deposited":${added},"shares_received":"0.0000030"}`);
  const failed = detailsOf({ bodies: [deposit], failed: true });
  expect(failed).toMatchObject({ reserve_a_deposit_amount: 0, shares_received: 0 });
  expect(failed).not.toHaveProperty('reserve_a_asset_type');
});

it('liquidity pool withdrawals; pools that appear and disappear', () => {
  const withdraw = Body.liquidityPoolWithdraw(
    new xdr.LiquidityPoolWithdrawOp({
      liquidityPoolId: Buffer.alloc(32, 7) as never,
      amount: new xdr.Int64('30'),
      minAmountA: new xdr.Int64('1'),
      minAmountB: new xdr.Int64('2'),
    }),
  );
  const changes = entry.updated(entry.pool('100', '200', '50'), entry.pool('40', '80', '20'));
  const back = rows({ bodies: [withdraw], changes });
  expect(back.operation['details']).toMatchObject({
    reserve_a_withdraw_amount: 60n,
    reserve_b_withdraw_amount: 120n,
    shares: 30n,
  });
  expect(back.effects.map((row) => row['type'])).toEqual([91]);
  const pool = entry.pool('0', '0', '0');
  const bump = Body.bumpSequence(new xdr.BumpSequenceOp({ bumpTo: new xdr.Int64('9007199254740993') }));
  const made = rows({ bodies: [bump], changes: [xdr.LedgerEntryChange.ledgerEntryCreated(pool)] });
  expect(made.operation['details_json']).toBe('{"bump_to":"9007199254740993"}');
  expect(made.effects.map((row) => row['type'])).toEqual([93]);
  expect(texts(rows({ bodies: [bump], changes: entry.removed(pool) }).effects)).toEqual([
    `liquidity_pool_removed ${A} {"liquidity_pool_id":"${POOL}"}`,
  ]);
});

it('a price that is not positive is null, and its fraction stays', () => {
  const offer = new xdr.CreatePassiveSellOfferOp({
    selling: usd,
    buying: xdr.Asset.assetTypeNative(),
    amount: new xdr.Int64('1'),
    price: new xdr.Price({ n: 0, d: -5 }),
  });
  const { operation } = rows({ bodies: [Body.createPassiveSellOffer(offer)], failed: true });
  expect(operation['details']).toMatchObject({ price: null, price_r: { n: 0, d: -5 } });
  expect(operation['details_json']).toContain('"price":null,"price_r":{"d":-5,"n":0}');
});
