/**
 * A value on its way into a record batch, by the type of its column: bool boolean; int32, uint32 number; int64, uint64
 * bigint or a safe integer; float64 number; decimal128 decimal text; utf8 string; json string of JSON text; timestamp
 * Unix microseconds (bigint or a safe integer); list array; struct object by member name; NULL null or undefined.
 */
export type CellValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | readonly CellValue[]
  | { readonly [member: string]: CellValue };
