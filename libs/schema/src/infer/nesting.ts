import type { Field } from '../types';
import {
  type Evidence,
  SAW_ARRAY,
  SAW_BOOL,
  SAW_FRACTION,
  SAW_INTEGER,
  SAW_OPEN,
  SAW_STRING,
  sortedMembers,
} from './evidence';

/**
 * How objects and arrays of messages are stored, unless a predefined column decides:
 *
 * - `struct`: STRUCT and LIST columns; open maps and mixed values JSON text.
 * - `flatten`: a column for each member, named `outer_inner`, at any depth; arrays of scalars LIST, other arrays JSON
 *   text. An empty object and null read the same there.
 * - `json`: JSON text.
 */
export const NESTINGS = ['struct', 'flatten', 'json'] as const;

/** See `NESTINGS`. */
export type Nesting = (typeof NESTINGS)[number];

/** The values at one path of the message that need a column. */
export interface Place {
  readonly path: readonly string[];
  readonly evidence: Evidence;
}

const SAW_OTHERS = SAW_ARRAY | SAW_BOOL | SAW_FRACTION | SAW_INTEGER | SAW_STRING;

/** Identifies a path; keys may contain any character. */
export function pathId(path: readonly string[]): string {
  return JSON.stringify(path);
}

/** The keys that lead to a column's value. */
export function fieldPath(field: Field): readonly string[] {
  return field.path ?? [field.key ?? field.name];
}

/**
 * The columns for a message's members, in byte order of their keys. With `flatten` an object is split into its members
 * if all values at its path are objects and it is not an open map, or if `base` has already split it. In that case
 * other values at its path get a separate column.
 */
export function places(evidence: Evidence, nesting: Nesting, base: readonly Field[] = []): Place[] {
  const flat = new Set<string>();
  const whole = new Set<string>();
  for (const field of base) {
    const path = fieldPath(field);
    whole.add(pathId(path));
    for (let size = 1; size < path.length; size += 1) flat.add(pathId(path.slice(0, size)));
  }
  const found: Place[] = [];
  const visit = (parent: Evidence, above: readonly string[]): void => {
    for (const [key, member] of sortedMembers(parent)) {
      const path = [...above, key];
      const id = pathId(path);
      const taken = flat.has(id);
      const fresh =
        nesting === 'flatten' &&
        !whole.has(id) &&
        (member.seen & (SAW_OPEN | SAW_OTHERS)) === 0 &&
        (member.keys?.size ?? 0) > 0;
      if (taken || fresh) visit(member, path);
      const only = (member.seen & (SAW_OPEN | SAW_OTHERS)) === 0;
      if (!(fresh || (taken && only))) found.push({ path, evidence: member });
    }
  };
  visit(evidence, []);
  return found;
}
