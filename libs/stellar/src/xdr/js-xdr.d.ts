/** The parts of js-xdr's type table that the compiler walks; js-xdr itself has no type declarations. */
declare module '@stellar/js-xdr' {
  type Type = unknown;
  export const Int: Type;
  export const UnsignedInt: Type;
  export const Hyper: Type;
  export const UnsignedHyper: Type;
  export const Bool: Type;
  export const Void: Type;
  export class Opaque {
    readonly _length: number;
  }
  export class VarOpaque {
    readonly _maxLength: number;
  }
  export class String {
    readonly _maxLength: number;
  }
  export class Array {
    readonly _childType: Type;
    readonly _length: number;
  }
  export class VarArray {
    constructor(childType: Type, maxLength?: number);
    readonly _childType: Type;
    readonly _maxLength: number;
  }
  export class Option {
    readonly _childType: Type;
  }
  export class Enum {
    static readonly enumName: string;
    static readonly _byValue: Readonly<Record<string, { readonly name: string; readonly value: number }>>;
  }
  export class Struct {
    static structName: string;
    static _fields: readonly (readonly [string, Type])[];
  }
  export class Union {
    static readonly unionName: string;
    static readonly _switchOn: Type;
    static readonly _switches: ReadonlyMap<number | { name: string; value: number }, unknown>;
    static readonly _arms: Readonly<Record<string, Type>>;
    static readonly _defaultArm: unknown;
  }
}
