import * as X from '@stellar/js-xdr';
import { xdr } from '@stellar/stellar-base';

/** A type of the table, normalised: what the compiler needs to know of it. */
export type TypeNode =
  | { readonly kind: 'int' | 'uint' | 'hyper' | 'uhyper' | 'bool' | 'void' }
  | { readonly kind: 'opaque'; readonly length: number }
  | { readonly kind: 'bytes'; readonly max: number }
  | { readonly kind: 'array'; readonly child: unknown; readonly length: number }
  | { readonly kind: 'list'; readonly child: unknown; readonly max: number }
  | { readonly kind: 'option'; readonly child: unknown }
  | { readonly kind: 'enum'; readonly name: string; readonly members: ReadonlyMap<number, string> }
  | {
      readonly kind: 'struct';
      readonly name: string;
      readonly fields: readonly (readonly [string, unknown])[];
    }
  | {
      readonly kind: 'union';
      readonly name: string;
      readonly arms: readonly Arm[];
      readonly fallback?: unknown;
    };

/** A union arm: discriminant, its name (enum member, else undefined), type of the value. */
export interface Arm {
  readonly value: number;
  readonly label: string | undefined;
  readonly type: unknown;
}

/** The root types of a ledger lake and of its parts, by their XDR names. */
export function rootType(name: string): unknown {
  return (xdr as unknown as Readonly<Record<string, unknown>>)[name];
}

const PRIMITIVES = new Map<unknown, TypeNode>([
  [X.Int, { kind: 'int' }],
  [X.UnsignedInt, { kind: 'uint' }],
  [X.Hyper, { kind: 'hyper' }],
  [X.UnsignedHyper, { kind: 'uhyper' }],
  [X.Bool, { kind: 'bool' }],
  [X.Void, { kind: 'void' }],
]);

/** Reads one type of stellar-base's table; `undefined` for something that is no type. */
export function describeType(type: unknown): TypeNode | undefined {
  const primitive = PRIMITIVES.get(type);
  if (primitive !== undefined) return primitive;
  if (type instanceof X.Opaque) return { kind: 'opaque', length: type._length };
  if (type instanceof X.VarOpaque || type instanceof X.String) return { kind: 'bytes', max: type._maxLength };
  if (type instanceof X.Array) return { kind: 'array', child: type._childType, length: type._length };
  if (type instanceof X.VarArray) return { kind: 'list', child: type._childType, max: type._maxLength };
  if (type instanceof X.Option) return { kind: 'option', child: type._childType };
  if (extendsClass<typeof X.Enum>(type, X.Enum)) return enumNode(type);
  if (extendsClass<typeof X.Struct>(type, X.Struct))
    return { kind: 'struct', name: type.structName, fields: type._fields };
  if (extendsClass<typeof X.Union>(type, X.Union)) return unionNode(type);
  return undefined;
}

function enumNode(type: typeof X.Enum): TypeNode {
  const added = type.enumName === 'SorobanCredentialsType' ? P27_CREDENTIALS : [];
  const members = new Map(Object.values(type._byValue).map(({ name, value }) => [value, name]));
  for (const { value, label } of added) if (label !== undefined) members.set(value, label);
  return { kind: 'enum', name: type.enumName, members };
}

function unionNode(type: typeof X.Union): TypeNode {
  const armType = (arm: unknown): unknown => (typeof arm === 'string' ? type._arms[arm] : arm);
  const arms: Arm[] = [...type._switches].map(([key, arm]) => ({
    value: typeof key === 'object' ? key.value : key,
    label: typeof key === 'object' ? key.name : undefined,
    type: armType(arm),
  }));
  if (type.unionName === 'SorobanCredentials')
    arms.push(...P27_CREDENTIALS.filter(({ value }) => arms.every((arm) => arm.value !== value)));
  const fallback = type._defaultArm === undefined ? {} : { fallback: armType(type._defaultArm) };
  return { kind: 'union', name: type.unionName, arms, ...fallback };
}

function extendsClass<C>(type: unknown, base: { readonly prototype: object }): type is C {
  return typeof type === 'function' && Object.prototype.isPrototypeOf.call(base.prototype, type.prototype);
}

/** struct SorobanDelegateSignature { SCAddress address; SCVal signature; SorobanDelegateSignature nestedDelegates<>; } */
class SorobanDelegateSignature extends X.Struct {}
SorobanDelegateSignature.structName = 'SorobanDelegateSignature';
SorobanDelegateSignature._fields = [
  ['address', rootType('ScAddress')],
  ['signature', rootType('ScVal')],
  ['nestedDelegates', new X.VarArray(SorobanDelegateSignature, 0xffffffff)],
];

/** struct SorobanAddressCredentialsWithDelegates { SorobanAddressCredentials …; SorobanDelegateSignature delegates<>; } */
class SorobanAddressCredentialsWithDelegates extends X.Struct {}
SorobanAddressCredentialsWithDelegates.structName = 'SorobanAddressCredentialsWithDelegates';
SorobanAddressCredentialsWithDelegates._fields = [
  ['addressCredentials', rootType('SorobanAddressCredentials')],
  ['delegates', new X.VarArray(SorobanDelegateSignature, 0xffffffff)],
];

/** The two arms that protocol 27 (CAP-71) adds to SorobanCredentials; stellar-base 15 ends at protocol 26. */
const P27_CREDENTIALS: readonly Arm[] = [
  { value: 2, label: 'sorobanCredentialsAddressV2', type: rootType('SorobanAddressCredentials') },
  {
    value: 3,
    label: 'sorobanCredentialsAddressWithDelegates',
    type: SorobanAddressCredentialsWithDelegates,
  },
];
