/**
 * A value of a row, by the type of its column: bool boolean; int32, uint32 number; int64, uint64 bigint or number; utf8
 * string; json string of JSON text; timestamp number of Unix microseconds; decimal bigint without the point; list array;
 * struct object by member name, a member that is missing is NULL; NULL null.
 */
export type RowValue =
  null | boolean | number | bigint | string | readonly RowValue[] | { readonly [member: string]: RowValue };

/** A row: every column of its schema by name. */
export type Row = Readonly<Record<string, RowValue>>;

/** Name of an enum member as Go's XDR package has it: `goName('MemoType', 'memoText')` is `MemoTypeMemoText`. */
export function goName(enumName: string, member: string): string {
  return `${enumName}${member.charAt(0).toUpperCase()}${member.slice(1)}`;
}
