import * as schema from '@parquetry/schema';
import type { Evidence, Tape } from '@parquetry/schema';
import type { MessageReader } from './reader';

// Local copies: in CommonJS a re-exported name costs a call at each use.
const { keysEqual, NODE, NULL } = schema;

/** Adds the fields of the message that `reader` has read to a dataset's evidence, as the row will have them. */
export function observeMessage(evidence: Evidence, tape: Tape, reader: MessageReader): void {
  const { inner } = reader;
  if (inner >= 0) observeFields(evidence, tape, inner, -1);
  observeFields(evidence, tape, 0, inner);
}

function observeFields(evidence: Evidence, tape: Tape, object: number, unwrapped: number): void {
  const end = tape.next(object);
  for (let key = object + NODE; key < end; key = tape.next(key + NODE)) {
    const value = key + NODE;
    if (value === unwrapped || (unwrapped >= 0 && hasValue(tape, unwrapped, key))) continue;
    evidence.member(tape, key)?.observe(tape, value);
  }
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
