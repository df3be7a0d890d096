import type { Tape } from '@parquetry/schema';
import type { RowContext } from './context';

/**
 * Reads the value at a tape's node, which is not null, as a column of one type takes it; false with `context.fault` when
 * the column can't hold it exactly.
 */
export type ValueReader<Value> = (context: RowContext, tape: Tape, node: number) => Value | false;
