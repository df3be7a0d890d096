import { type Column, T, listOf } from './build';

/** How a member is written in `details_json`. */
export type JsonForm =
  /** A number or a boolean. */
  | 'plain'
  /** A string that never needs escapes: strkeys, hex, base64, fixed names. */
  | 'safe'
  /** A string of any characters. */
  | 'text'
  /** Stroops, as a number with seven decimal places. */
  | 'amount'
  /** Stroops, as a string with seven decimal places. */
  | 'amounttext'
  /** JSON text, as it is. */
  | 'json'
  /** A list of numbers. */
  | 'numbers'
  /** A list of strings that never need escapes. */
  | 'safes'
  /** A list of JSON texts. */
  | 'jsons'
  /** A struct, or a list of structs; its members are written in turn. */
  | { readonly one: readonly Member[] }
  | { readonly many: readonly Member[] };

/** A member of a details struct: its column and its form in JSON. */
export interface Member {
  readonly column: Column;
  readonly json: JsonForm;
}

/** Amounts of 64 bits in stroops. */
export const AMOUNT = { type: 'decimal128', precision: 19, scale: 7 } as const;
/** Amounts of up to 128 bits. */
export const WIDE_AMOUNT = { type: 'decimal128', precision: 38, scale: 7 } as const;

export const safe = (name: string, doc: string): Member => ({
  column: [name, T.utf8, true, doc],
  json: 'safe',
});
export const text = (name: string, doc: string): Member => ({
  column: [name, T.utf8, true, doc],
  json: 'text',
});
export const amount = (name: string, doc: string): Member => ({
  column: [name, AMOUNT, true, doc],
  json: 'amount',
});
export const bool = (name: string, doc: string): Member => ({
  column: [name, T.bool, true, doc],
  json: 'plain',
});
export const uint32 = (name: string, doc: string): Member => ({
  column: [name, T.uint32, true, doc],
  json: 'plain',
});
export const int64 = (name: string, doc: string): Member => ({
  column: [name, T.int64, true, doc],
  json: 'plain',
});
export const safes = (name: string, doc: string): Member => ({
  column: [name, listOf(T.utf8), true, doc],
  json: 'safes',
});

/** A struct member of these members. */
export function one(name: string, members: readonly Member[], doc: string): Member {
  return { column: [name, structOf(members), true, doc], json: { one: sorted(members) } };
}

/** A member that is a list of structs of these members. */
export function many(name: string, members: readonly Member[], doc: string): Member {
  return { column: [name, listOf(structOf(members)), true, doc], json: { many: sorted(members) } };
}

/** An account, and its multiplexed form when the operation names one. */
export function accountMembers(name: string, doc: string): Member[] {
  return [
    safe(name, `${doc}, G….`),
    safe(`${name}_muxed`, `${doc}, M…, where it is multiplexed.`),
    { column: [`${name}_muxed_id`, T.uint64, true, `${doc}: its multiplexing id.`], json: 'plain' },
  ];
}

/** Code, issuer and type of an asset; `prefix` with its underscore. */
export function assetMembers(prefix: string, doc: string): Member[] {
  return [
    text(`${prefix}asset_code`, `${doc}: code.`),
    safe(`${prefix}asset_issuer`, `${doc}: issuer, G….`),
    safe(`${prefix}asset_type`, `${doc}: native, credit_alphanum4 or credit_alphanum12.`),
  ];
}

/** A price as a decimal number and as the fraction that it is. */
export function priceMembers(prefix: string, doc: string): Member[] {
  const parts: Member[] = [
    { column: ['d', T.int32, false, 'Denominator.'], json: 'plain' },
    { column: ['n', T.int32, false, 'Numerator.'], json: 'plain' },
  ];
  return [
    amount(`${prefix}price`, `${doc}, to seven places; null when it is not positive.`),
    one(`${prefix}price_r`, parts, `${doc}, exact.`),
  ];
}

/** Members in the order of their names, which is the order of JSON keys. */
export function sorted(members: readonly Member[]): Member[] {
  return [...members].sort((a, b) => (a.column[0] < b.column[0] ? -1 : 1));
}

/** A struct type of these members. */
export function structOf(members: readonly Member[]): {
  readonly type: 'struct';
  readonly members: Column[];
} {
  return { type: 'struct', members: members.map(({ column }) => column) };
}
