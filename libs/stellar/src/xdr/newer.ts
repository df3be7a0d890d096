import * as X from '@stellar/js-xdr';
import { rootType } from './roots';

/** A union arm: discriminant, its name (enum member, else undefined), type of the value. */
export interface Arm {
  readonly value: number;
  readonly label: string | undefined;
  readonly type: unknown;
}

/** Union arms of protocols newer than stellar-base 15, which ends at protocol 26. */
interface NewerArms {
  readonly union: string;
  /** The enum of the union's discriminant; it has the same new members. */
  readonly discriminant: string;
  readonly arms: readonly Arm[];
}

function struct(name: string, fields: readonly (readonly [string, unknown])[]): unknown {
  class Struct extends X.Struct {}
  Struct.structName = name;
  Struct._fields = fields;
  return Struct;
}

/** A delegate's signature; delegates may name delegates of their own. */
class SorobanDelegateSignature extends X.Struct {}
SorobanDelegateSignature.structName = 'SorobanDelegateSignature';
SorobanDelegateSignature._fields = [
  ['address', rootType('ScAddress')],
  ['signature', rootType('ScVal')],
  ['nestedDelegates', new X.VarArray(SorobanDelegateSignature, 0xffffffff)],
];

const NEWER: readonly NewerArms[] = [
  {
    // Protocol 27, CAP-71
    union: 'SorobanCredentials',
    discriminant: 'SorobanCredentialsType',
    arms: [
      { value: 2, label: 'sorobanCredentialsAddressV2', type: rootType('SorobanAddressCredentials') },
      {
        value: 3,
        label: 'sorobanCredentialsAddressWithDelegates',
        type: struct('SorobanAddressCredentialsWithDelegates', [
          ['addressCredentials', rootType('SorobanAddressCredentials')],
          ['delegates', new X.VarArray(SorobanDelegateSignature, 0xffffffff)],
        ]),
      },
    ],
  },
  {
    // Protocol 28, CAP-83: consensus on an empty transaction set instead of one that did not arrive
    union: 'StellarValueExt',
    discriminant: 'StellarValueType',
    arms: [
      {
        value: 2,
        label: 'stellarValueEmptyTxSet',
        type: struct('StellarValueProposedValue', [
          ['txSetHash', rootType('Hash')],
          ['previousLedgerHash', rootType('Hash')],
          ['previousLedgerVersion', rootType('Uint32')],
          ['lcValueSignature', rootType('LedgerCloseValueSignature')],
        ]),
      },
    ],
  },
  {
    // Protocol 28, CAP-85: code that another contract owns, identified by a tag
    union: 'ContractExecutable',
    discriminant: 'ContractExecutableType',
    arms: [
      {
        value: 2,
        label: 'contractExecutableExternalRef',
        type: struct('ContractExecutableExternalRef', [
          ['executableOwner', rootType('ScAddress')],
          ['tag', rootType('ScString')],
        ]),
      },
    ],
  },
  {
    // Protocol 28, CAP-85
    union: 'ScVal',
    discriminant: 'ScValType',
    arms: [{ value: 22, label: 'scvExecutableTag', type: rootType('ScString') }],
  },
];

/** The arms that newer protocols add to a union. */
export function newerArms(union: string): readonly Arm[] {
  return NEWER.find((entry) => entry.union === union)?.arms ?? [];
}

/** The members that newer protocols add to an enum. */
export function newerMembers(name: string): readonly Arm[] {
  return NEWER.find((entry) => entry.discriminant === name)?.arms ?? [];
}
