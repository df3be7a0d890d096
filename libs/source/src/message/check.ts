import * as schema from '@parquetry/schema';
import type { Tape } from '@parquetry/schema';
import type { MessageFault, MessageReader } from './reader';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { ESCAPED, LONE, MAX_COLUMNS, NODE, NULL } = schema;

/** Maximum length of a column's key, in bytes. */
const MAX_KEY = 1_024;

/**
 * Checks a message of known type and ledger for faults under any schema: repeated keys, keys that can't name a column,
 * more keys than a dataset can have columns, no close time. Reads the close time.
 */
export function checkMessage(reader: MessageReader, tape: Tape): MessageFault | undefined {
  if (tape.duplicateKey >= 0) {
    const key = tape.string(tape.duplicateKey).slice(0, 100);
    return {
      code: 'DUPLICATE_KEY',
      reason: `The key ${JSON.stringify(key)} is repeated in one object.`,
      column: key,
    };
  }
  const fault =
    checkKeys(tape, 0) ??
    (reader.inner < 0 ? undefined : checkKeys(tape, reader.inner)) ??
    checkCount(tape, reader.inner);
  return fault ?? reader.readCloseTime(tape);
}

/** Keys without a value need no column, so they are not counted. */
function checkCount(tape: Tape, inner: number): MessageFault | undefined {
  let count = 0;
  for (const object of inner < 0 ? [0] : [0, inner]) {
    const end = tape.next(object);
    for (let key = object + NODE; key < end; key = tape.next(key + NODE))
      if (key + NODE !== inner && tape.kind(key + NODE) !== NULL) count += 1;
  }
  if (count <= MAX_COLUMNS) return undefined;
  return {
    code: 'TOO_MANY_KEYS',
    reason: `The message has ${count} keys with values; a dataset can have ${MAX_COLUMNS} columns.`,
    expected: `at most ${MAX_COLUMNS} keys`,
    actual: `${count} keys`,
  };
}

/** Length of a key in bytes, with its escapes decoded. */
function keySize(tape: Tape, key: number): number {
  if (((tape.nodes[key] as number) & ESCAPED) !== 0) return tape.decoded(key).length;
  return tape.end(key) - tape.start(key) - 2;
}

function checkKeys(tape: Tape, object: number): MessageFault | undefined {
  const end = tape.next(object);
  for (let key = object + NODE; key < end; key = tape.next(key + NODE)) {
    if (tape.end(key) - tape.start(key) > MAX_KEY + 2 && keySize(tape, key) > MAX_KEY)
      return {
        code: 'KEY_TOO_LONG',
        reason: `A key is longer than ${MAX_KEY} bytes.`,
        column: tape.text(key, 60),
      };
    if (((tape.nodes[key] as number) & LONE) !== 0)
      return {
        code: 'LONE_SURROGATE',
        reason: 'A key has a lone surrogate, so it cannot name a column.',
        column: tape.text(key, 60),
      };
  }
  return undefined;
}
