import type { RejectCode } from '@parquetry/core';
import type { Tape } from '@parquetry/schema';
import type { MessageFault } from '../../message';
import type { ByteBuffer } from '../../stage/plain/bytes';

/** What encoders share while a row is written. */
export interface RowContext {
  /** Where the value under way is written. */
  out: ByteBuffer;
  /** Set by the encoder that gives up. */
  fault: MessageFault | undefined;
  /** Set by the encoder that writes a negative zero. */
  negativeZero: boolean;
  /** The value of the last integer or timestamp, for the column's bounds. */
  bound: number | bigint;
}

/**
 * Writes the value at a tape's node, which is not null, to `context.out`; false with `context.fault` when the column
 * can't hold it exactly.
 */
export type ValueEncoder = (context: RowContext, tape: Tape, node: number) => boolean;

/** Records a fault; returns false for the encoder to return. */
export function refuse(
  context: RowContext,
  code: RejectCode,
  column: string,
  reason: string,
  expected?: string,
  actual?: string,
): false {
  context.fault = {
    code,
    reason,
    column,
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
  };
  return false;
}

/** Records that a value is of another kind than its column. */
export function mismatch(
  context: RowContext,
  tape: Tape,
  node: number,
  path: string,
  expected: string,
): false {
  const kind = tape.kindName(node);
  return refuse(context, 'TYPE_MISMATCH', path, `${path} takes ${expected}, not a ${kind}.`, expected, kind);
}
