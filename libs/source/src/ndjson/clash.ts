import type { MessageFault } from '../message';

/**
 * Message types to refuse because their name equals another one except for case, with the other name. Their folders and
 * tables would be the same on many file systems and in every SQL engine. The type with a registered or predefined schema
 * is kept, else the first one in byte order, so that the result does not depend on the order of messages.
 */
export function caseClashes(names: Iterable<string>, registered: Iterable<string>): Map<string, string> {
  const kept = new Map<string, string>();
  const known = new Set(registered);
  for (const name of [...known].sort()) if (!kept.has(name.toLowerCase())) kept.set(name.toLowerCase(), name);
  const refused = new Map<string, string>();
  for (const name of [...names].sort()) {
    const winner = kept.get(name.toLowerCase());
    if (winner === undefined) kept.set(name.toLowerCase(), name);
    else if (winner !== name && !known.has(name)) refused.set(name, winner);
  }
  return refused;
}

/** The fault of a message of a refused type. */
export function caseFault(name: string, kept: string): MessageFault {
  return {
    code: 'BAD_MESSAGE_TYPE',
    reason: `The message's type ${name} differs from ${kept} only in the case of its letters: one table can't be both.`,
    expected: kept,
    actual: name,
  };
}
