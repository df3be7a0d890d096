import { StrKey, xdr } from '@stellar/stellar-base';
import fc from 'fast-check';
import { scValJson } from './sep51';
import { SKIPPED, goldenText, hasData, referenceJson } from './testing/data';
import { readScVal } from './xdr/reader';

const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const data = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const unsigned = fc
  .bigInt({ min: 0n, max: (1n << 64n) - 1n })
  .map((value) => new xdr.Uint64(value.toString()));
const signed = fc
  .bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
  .map((value) => new xdr.Int64(value.toString()));
const address = fc.oneof(
  bytes(32).map((key) => xdr.ScAddress.scAddressTypeAccount(xdr.PublicKey.publicKeyTypeEd25519(key))),
  bytes(32).map((id) => xdr.ScAddress.scAddressTypeContract(id as never)),
  bytes(32).map((id) => xdr.ScAddress.scAddressTypeLiquidityPool(id as never)),
  bytes(32).map((id) =>
    xdr.ScAddress.scAddressTypeClaimableBalance(xdr.ClaimableBalanceId.claimableBalanceIdTypeV0(id)),
  ),
  fc
    .tuple(unsigned, bytes(32))
    .map(([id, ed25519]) =>
      xdr.ScAddress.scAddressTypeMuxedAccount(new xdr.MuxedEd25519Account({ id, ed25519 })),
    ),
);
const errors = fc.oneof(
  fc.nat(0xffffffff).map((code) => xdr.ScError.sceContract(code)),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }))
    .map(([type, code]) => xdr.ScError.fromXDR(Buffer.of(0, 0, 0, type, 0, 0, 0, code))),
);

/** Every kind of ScVal, nested a few levels. */
const { value } = fc.letrec<{ value: xdr.ScVal; entries: xdr.ScMapEntry[] }>((tie) => ({
  entries: fc.array(
    fc.tuple(tie('value'), tie('value')).map(([key, val]) => new xdr.ScMapEntry({ key, val })),
    { maxLength: 3 },
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(xdr.ScVal.scvVoid(), xdr.ScVal.scvLedgerKeyContractInstance()),
    fc.boolean().map((flag) => xdr.ScVal.scvBool(flag)),
    fc.nat(0xffffffff).map((number) => xdr.ScVal.scvU32(number)),
    fc.integer().map((number) => xdr.ScVal.scvI32(number)),
    unsigned.map((number) => xdr.ScVal.scvU64(number)),
    signed.map((number) => xdr.ScVal.scvI64(number)),
    unsigned.map((number) => xdr.ScVal.scvTimepoint(number)),
    unsigned.map((number) => xdr.ScVal.scvDuration(number)),
    fc.tuple(unsigned, unsigned).map(([hi, lo]) => xdr.ScVal.scvU128(new xdr.UInt128Parts({ hi, lo }))),
    fc.tuple(signed, unsigned).map(([hi, lo]) => xdr.ScVal.scvI128(new xdr.Int128Parts({ hi, lo }))),
    fc
      .tuple(unsigned, unsigned, unsigned, unsigned)
      .map(([hiHi, hiLo, loHi, loLo]) => xdr.ScVal.scvU256(new xdr.UInt256Parts({ hiHi, hiLo, loHi, loLo }))),
    fc
      .tuple(signed, unsigned, unsigned, unsigned)
      .map(([hiHi, hiLo, loHi, loLo]) => xdr.ScVal.scvI256(new xdr.Int256Parts({ hiHi, hiLo, loHi, loLo }))),
    data.map((content) => xdr.ScVal.scvBytes(content)),
    data.map((content) => xdr.ScVal.scvString(content)),
    fc.uint8Array({ maxLength: 32 }).map((content) => xdr.ScVal.scvSymbol(Buffer.from(content))),
    address.map((where) => xdr.ScVal.scvAddress(where)),
    errors.map((error) => xdr.ScVal.scvError(error)),
    signed.map((nonce) => xdr.ScVal.scvLedgerKeyNonce(new xdr.ScNonceKey({ nonce }))),
    fc.option(fc.array(tie('value'), { maxLength: 3 })).map((items) => xdr.ScVal.scvVec(items)),
    fc.option(tie('entries')).map((entries) => xdr.ScVal.scvMap(entries)),
    fc.tuple(fc.option(bytes(32)), fc.option(tie('entries'))).map(([wasm, storage]) =>
      xdr.ScVal.scvContractInstance(
        new xdr.ScContractInstance({
          executable:
            wasm === null
              ? xdr.ContractExecutable.contractExecutableStellarAsset()
              : xdr.ContractExecutable.contractExecutableWasm(wasm),
          storage,
        }),
      ),
    ),
  ),
}));

describe('SEP-51 JSON', () => {
  it('equals stellar-xdr-json for every kind of value', () => {
    const values = fc.sample(value, { numRuns: 1500, seed: 51 }).map((item) => item.toXDR());
    const reference = referenceJson(values.map((item) => item.toString('base64')));
    const ours = values.map((item) => scValJson(readScVal(item, 'value')));
    expect(ours).toEqual(reference);
  });

  it('keeps 64-bit and wider numbers exact', () => {
    const json = (val: xdr.ScVal): string => scValJson(readScVal(val.toXDR(), 'value'));
    expect(json(xdr.ScVal.scvU64(new xdr.Uint64('18446744073709551615')))).toBe(
      '{"u64":"18446744073709551615"}',
    );
    expect(json(xdr.ScVal.scvI64(new xdr.Int64('-9223372036854775808')))).toBe(
      '{"i64":"-9223372036854775808"}',
    );
    const parts = { hi: new xdr.Int64('-1'), lo: new xdr.Uint64('0') };
    expect(json(xdr.ScVal.scvI128(new xdr.Int128Parts(parts)))).toBe('{"i128":"-18446744073709551616"}');
  });

  (hasData ? it : it.skip)(`equals every decoded value of the goldens${SKIPPED}`, async () => {
    let compared = 0;
    const check = (base64: unknown, decoded: unknown): void => {
      const ours: unknown = JSON.parse(scValJson(readScVal(Buffer.from(String(base64), 'base64'), 'golden')));
      // All numbers of SEP-51 JSON are at most 32 bits wide, so JSON.parse is exact here.
      if (JSON.stringify(ours) !== JSON.stringify(decoded)) expect(ours).toEqual(decoded);
      compared += 1;
    };
    for (const range of ['pubnet-63092982-63092991', 'pubnet-53312000', 'testnet-997-999'])
      for (const type of ['contract_events', 'contract_data'])
        for (const line of (await goldenText(range, type)).split('\n').filter((text) => text !== '')) {
          const row = JSON.parse(line) as Record<string, unknown>;
          for (const name of ['key', 'val', 'data'])
            if (name in row) check(row[name], row[`${name}_decoded`]);
          const decoded = (row['topics_decoded'] ?? []) as unknown[];
          for (const [index, topic] of ((row['topics'] ?? []) as unknown[]).entries())
            check(topic, decoded[index]);
        }
    expect(compared).toBeGreaterThan(40_000);
  });

  it('of the values that protocol 28 adds (CAP-85) is that of stellar-xdr', () => {
    const tag = Buffer.from('00000016000000027631'.padEnd(24, '0'), 'hex');
    expect(scValJson(readScVal(tag, 'tag'))).toBe('{"executable_tag":"v1"}');
    // A contract instance without storage whose code is tag "v1" of contract 0303…03.
    const owner = Buffer.concat([Buffer.of(0, 0, 0, 1), Buffer.alloc(32, 3)]);
    const reference = Buffer.concat([
      Buffer.of(0, 0, 0, 19, 0, 0, 0, 2),
      owner,
      tag.subarray(4),
      Buffer.alloc(4),
    ]);
    expect(scValJson(readScVal(reference, 'instance'))).toBe(
      '{"contract_instance":{"executable":{"external_ref":{"executable_owner":' +
        `"${StrKey.encodeContract(Buffer.alloc(32, 3))}","tag":"v1"}},"storage":null}}`,
    );
  });
});
