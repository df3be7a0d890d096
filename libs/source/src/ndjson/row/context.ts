import type { RejectCode } from '@parquetry/core';
import type { Tape } from '@parquetry/schema';
import type { MessageFault } from '../../message';
import type { ByteBuffer } from '../../stage/plain/bytes';

/** State that encoders share while a row is written. */
export interface RowContext {
  /** The buffer that the current value is written to. */
  out: ByteBuffer;
  /** Set by the encoder that refuses a value. */
  fault: MessageFault | undefined;
  /** Set by an encoder that writes a negative zero. */
  negativeZero: boolean;
  /** The value of the last integer or timestamp, for the column's bounds. */
  bound: number | bigint;
}

/**
 * Writes the non-null value at a tape's node to `context.out`; false, with `context.fault`, if the column
 * can't hold it exactly.
 */
export type ValueEncoder = (context: RowContext, tape: Tape, node: number) => boolean;

/** Records a fault; returns false, which the encoder returns too. */
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

/** Records a type mismatch between a value and its column. */
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
