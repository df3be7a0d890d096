import type { Tape } from '@parquetry/schema';
import type { RowContext } from './context';

/**
 * Reads the non-null value at a tape's node for a column of one type; false, with `context.fault`, if
 * the column can't hold it exactly.
 */
export type ValueReader<Value> = (context: RowContext, tape: Tape, node: number) => Value | false;
