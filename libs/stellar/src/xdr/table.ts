import * as X from '@stellar/js-xdr';
import { type Arm, newerArms, newerMembers } from './newer';

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

const PRIMITIVES = new Map<unknown, TypeNode>([
  [X.Int, { kind: 'int' }],
  [X.UnsignedInt, { kind: 'uint' }],
  [X.Hyper, { kind: 'hyper' }],
  [X.UnsignedHyper, { kind: 'uhyper' }],
  [X.Bool, { kind: 'bool' }],
  [X.Void, { kind: 'void' }],
]);

/** Reads one type of stellar-base's table; `undefined` for anything that is not a type. */
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
  const members = new Map(Object.values(type._byValue).map(({ name, value }) => [value, name]));
  for (const { value, label } of newerMembers(type.enumName))
    if (label !== undefined && !members.has(value)) members.set(value, label);
  return { kind: 'enum', name: type.enumName, members };
}

function unionNode(type: typeof X.Union): TypeNode {
  const armType = (arm: unknown): unknown => (typeof arm === 'string' ? type._arms[arm] : arm);
  const arms: Arm[] = [...type._switches].map(([key, arm]) => ({
    value: typeof key === 'object' ? key.value : key,
    label: typeof key === 'object' ? key.name : undefined,
    type: armType(arm),
  }));
  const known = new Set(arms.map(({ value }) => value));
  arms.push(...newerArms(type.unionName).filter(({ value }) => !known.has(value)));
  const fallback = type._defaultArm === undefined ? {} : { fallback: armType(type._defaultArm) };
  return { kind: 'union', name: type.unionName, arms, ...fallback };
}

function extendsClass<C>(type: unknown, base: { readonly prototype: object }): type is C {
  return typeof type === 'function' && Object.prototype.isPrototypeOf.call(base.prototype, type.prototype);
}
