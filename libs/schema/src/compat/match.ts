import type { Field } from '../types';

/** The fields of two versions of one level, paired. */
export interface Matched {
  readonly pairs: readonly (readonly [older: Field, newer: Field])[];
  readonly added: readonly Field[];
  readonly removed: readonly Field[];
}

/**
 * Pairs the fields of a level: first those of the same id and name, then the rest by id (a rename), then by name (an id
 * that changed). Pairs and additions are in the order of the newer fields.
 */
export function matchFields(older: readonly Field[], newer: readonly Field[]): Matched {
  const partner = new Map<Field, Field>();
  const free = new Set(older);
  const pair = (same: (a: Field, b: Field) => boolean): void => {
    for (const field of newer) {
      if (partner.has(field)) continue;
      const found = [...free].find((other) => same(other, field));
      if (found === undefined) continue;
      free.delete(found);
      partner.set(field, found);
    }
  };
  pair((a, b) => a.id === b.id && a.name === b.name);
  pair((a, b) => a.id === b.id);
  pair((a, b) => a.name === b.name);
  return {
    pairs: newer.flatMap((field) => {
      const found = partner.get(field);
      return found === undefined ? [] : [[found, field] as const];
    }),
    added: newer.filter((field) => !partner.has(field)),
    removed: older.filter((field) => free.has(field)),
  };
}
