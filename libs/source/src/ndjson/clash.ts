import type { MessageFault } from '../message';

/**
 * Message types whose names differ only in case, with the name that is kept instead: their folders and tables would be
 * one on many file systems and in every SQL engine. A type with a registered or predefined schema is kept, else the one
 * that comes first in byte order: a rule that no order of the messages can change.
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

/** Why a message of a refused type has no dataset. */
export function caseFault(name: string, kept: string): MessageFault {
  return {
    code: 'BAD_MESSAGE_TYPE',
    reason: `The message's type ${name} differs from ${kept} only in the case of its letters: one table can't be both.`,
    expected: kept,
    actual: name,
  };
}
