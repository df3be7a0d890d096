/** The building blocks of all decoded types. */

/** Position of a value's XDR in the bytes it was read from; `xdrEnd` is exclusive. */
export interface Span {
  readonly xdrStart: number;
  readonly xdrEnd: number;
}

/** A union value: `type` is the enum member's name or the number of the discriminant. */
export interface Union<Type extends string | number, Value> {
  readonly type: Type;
  readonly value: Value;
}

/** An extension point that no protocol uses yet. */
export type ExtensionPoint = Union<0, undefined>;

export type MuxedAccount =
  | Union<'keyTypeEd25519', Uint8Array>
  | Union<'keyTypeMuxedEd25519', { readonly id: bigint; readonly ed25519: Uint8Array }>;
export type AccountId = Union<'publicKeyTypeEd25519', Uint8Array>;
export type SignerKey =
  | Union<'signerKeyTypeEd25519' | 'signerKeyTypePreAuthTx' | 'signerKeyTypeHashX', Uint8Array>
  | Union<
      'signerKeyTypeEd25519SignedPayload',
      { readonly ed25519: Uint8Array; readonly payload: Uint8Array }
    >;

/** A Soroban value. */
export type ScVal = Span &
  (
    | Union<'scvVoid' | 'scvLedgerKeyContractInstance', undefined>
    | Union<'scvBool', boolean>
    | Union<'scvU32' | 'scvI32', number>
    | Union<'scvU64' | 'scvI64' | 'scvTimepoint' | 'scvDuration', bigint>
    | Union<'scvU128' | 'scvI128', { readonly hi: bigint; readonly lo: bigint }>
    | Union<
        'scvU256' | 'scvI256',
        { readonly hiHi: bigint; readonly hiLo: bigint; readonly loHi: bigint; readonly loLo: bigint }
      >
    | Union<'scvBytes' | 'scvString' | 'scvSymbol' | 'scvExecutableTag', Uint8Array>
    | Union<'scvVec', readonly ScVal[] | undefined>
    | Union<'scvMap', readonly ScMapEntry[] | undefined>
    | Union<'scvAddress', ScAddress>
    | Union<'scvError', ScError>
    | Union<'scvContractInstance', ScContractInstance>
    | Union<'scvLedgerKeyNonce', { readonly nonce: bigint }>
  );
export interface ScMapEntry {
  readonly key: ScVal;
  readonly val: ScVal;
}
export type ScError = Union<'sceContract', number> | Union<string, string>;
export interface ScContractInstance {
  readonly executable:
    | Union<'contractExecutableWasm', Uint8Array>
    | Union<'contractExecutableStellarAsset', undefined>
    | Union<
        'contractExecutableExternalRef',
        { readonly executableOwner: ScAddress; readonly tag: Uint8Array }
      >;
  readonly storage: readonly ScMapEntry[] | undefined;
}
export type ScAddress =
  | Union<'scAddressTypeAccount', AccountId>
  | Union<'scAddressTypeContract' | 'scAddressTypeLiquidityPool', Uint8Array>
  | Union<'scAddressTypeMuxedAccount', { readonly id: bigint; readonly ed25519: Uint8Array }>
  | Union<'scAddressTypeClaimableBalance', Union<'claimableBalanceIdTypeV0', Uint8Array>>;
