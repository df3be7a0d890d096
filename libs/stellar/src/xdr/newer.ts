/**
 * What protocols newer than stellar-base 15 add, which ends at protocol 26, in the notation of `table.ts`: new types, and
 * the new arms of unions that stellar-base has.
 */
export const NEWER_TYPES: readonly string[] = [
  // Protocol 27, CAP-71. A delegate may name delegates of its own.
  'union SorobanCredentials 2=sorobanCredentialsAddressV2:SorobanAddressCredentials 3=sorobanCredentialsAddressWithDelegates:SorobanAddressCredentialsWithDelegates',
  'struct SorobanAddressCredentialsWithDelegates addressCredentials:SorobanAddressCredentials delegates:SorobanDelegateSignature<>',
  'struct SorobanDelegateSignature address:ScAddress signature:ScVal nestedDelegates:SorobanDelegateSignature<>',
  // Protocol 28, CAP-83: consensus on an empty transaction set instead of one that did not arrive.
  'union StellarValueExt 2=stellarValueEmptyTxSet:StellarValueProposedValue',
  'struct StellarValueProposedValue txSetHash:opaque[32] previousLedgerHash:opaque[32] previousLedgerVersion:uint lcValueSignature:LedgerCloseValueSignature',
  // Protocol 28, CAP-85: code that another contract owns, identified by a tag.
  'union ContractExecutable 2=contractExecutableExternalRef:ContractExecutableExternalRef',
  'struct ContractExecutableExternalRef executableOwner:ScAddress tag:opaque<>',
  'union ScVal 22=scvExecutableTag:opaque<>',
];
