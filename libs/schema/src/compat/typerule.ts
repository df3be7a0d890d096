import { storedType } from '../columns';
import { canonicalJson } from '../fingerprint';
import type { DataType } from '../types';
import type { RuleId } from './rules';

/** The rule for a column with a changed type; both are not structs, and not both lists. */
export function typeRule(older: DataType, newer: DataType): RuleId {
  const [from, to] = [storedType(older), storedType(newer)];
  if (isNested(from) || isNested(to)) return 'scalar_nested';
  if (canonicalJson(from) === canonicalJson(to)) return from.type === 'utf8' ? 'text_meaning' : 'same_bytes';
  if (to.type === 'utf8') return from.type === 'timestamp' ? 'time_text' : 'scalar_text';
  if (from.type === 'utf8') return 'text_scalar';
  if (from.type === 'decimal128' && to.type === 'decimal128')
    return from.scale === to.scale && from.precision < to.precision ? 'decimal_wider' : 'decimal_other';
  const exact = (type: DataType): boolean => isInteger(type) || type.type === 'decimal128';
  if (exact(from) && to.type === 'float64') return 'integer_float';
  if (from.type === 'float64' && exact(to)) return 'float_integer';
  if (isInteger(from) && isInteger(to)) {
    if (to.type === 'int64') return from.type === 'int32' ? 'int32_int64' : 'uint32_int64';
    return 'integer_narrower';
  }
  if (exact(from) && exact(to)) return 'integer_decimal';
  return 'other_scalar';
}

function isNested({ type }: DataType): boolean {
  return type === 'struct' || type === 'list';
}

function isInteger({ type }: DataType): boolean {
  return type === 'int32' || type === 'int64' || type === 'uint32';
}
