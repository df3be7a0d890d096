/**
 * A value of a row. The type of its column requires one of these, else the row is rejected (SCHEMA_CONFLICT; see
 * `RowAppender`):
 *
 * - bool: boolean
 * - int32, uint32: number in the type's range
 * - int64, uint64: bigint or a safe integer, in the type's range
 * - float64: finite number, never NaN or an infinity
 * - decimal128(p, s): bigint, unscaled (1.5 as decimal128(19, 7) is 15000000n), of at most p digits
 * - utf8: string without lone surrogates
 * - json: string of JSON text
 * - timestamp: Unix microseconds as a number (a safe integer), years 1 to 9999
 * - list: array
 * - struct: plain object by member name; a missing member is null, an unknown one is rejected
 * - NULL: null, in nullable columns, members and elements only
 */
export type RowValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly RowValue[]
  | { readonly [member: string]: RowValue | undefined };

/** A row: its columns by name; a missing one is null. */
export type Row = Readonly<Record<string, RowValue>>;

/** Name of an enum member as Go's XDR package has it: `goName('MemoType', 'memoText')` is `MemoTypeMemoText`. */
export function goName(enumName: string, member: string): string {
  let names = goNames.get(enumName);
  if (names === undefined) goNames.set(enumName, (names = new Map<string, string>()));
  let name = names.get(member);
  if (name === undefined)
    names.set(member, (name = `${enumName}${member.charAt(0).toUpperCase()}${member.slice(1)}`));
  return name;
}

/** Names by enum and member, all of them from the XDR. */
const goNames = new Map<string, Map<string, string>>();
