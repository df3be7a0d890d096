import * as schema from '@parquetry/schema';
import type { Evidence, KeyTable, Tape } from '@parquetry/schema';
import type { MessageReader } from './reader';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { keysEqual, NODE, NULL } = schema;

/** A value that was added to the evidence. */
export interface Observation {
  readonly evidence: Evidence;
  readonly node: number;
}

/**
 * Adds the fields of the message that `reader` has read to a dataset's evidence, in the form that the row will have.
 * Skips keys in `settled`: no value can change the types of their columns.
 * @returns the values that have to be observed in every message of the same structure
 */
export function observeMessage(
  evidence: Evidence,
  tape: Tape,
  reader: MessageReader,
  settled?: KeyTable,
): Observation[] {
  const { inner } = reader;
  const found: Observation[] = [];
  const fields = (object: number, unwrapped: number): void => {
    const end = tape.next(object);
    for (let key = object + NODE; key < end; key = tape.next(key + NODE)) {
      const value = key + NODE;
      if (value === unwrapped || (unwrapped >= 0 && hasValue(tape, unwrapped, key))) continue;
      if (settled !== undefined && settled.find(tape, key) >= 0) continue;
      const member = evidence.member(tape, key);
      member?.observe(tape, value);
      member?.scalars(tape, value, found);
    }
  };
  if (inner >= 0) fields(inner, -1);
  fields(0, inner);
  return found;
}

/** Whether `object` has a value for the key at node `wanted`. */
function hasValue(tape: Tape, object: number, wanted: number): boolean {
  const { nodes } = tape;
  const hash = nodes[wanted + 3];
  const end = tape.next(object);
  for (let key = object + NODE; key < end; key = tape.next(key + NODE))
    if (nodes[key + 3] === hash && keysEqual(tape, key, wanted)) return tape.kind(key + NODE) !== NULL;
  return false;
}
