/** Confluent's compatibility modes. */
export const COMPATIBILITY_MODES = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;

/**
 * What a new version must be able to do. BACKWARD: a reader of the new version reads the files of the version before;
 * FORWARD: a reader of the version before reads new files; FULL: both; `_TRANSITIVE`: of all versions before. As no
 * rule allows by two steps what it forbids in one, a history that was BACKWARD at each step has BACKWARD's whole
 * meaning: a reader of version n reads all files of versions 1 to n in one glob or one Delta table.
 */
export type CompatibilityMode = (typeof COMPATIBILITY_MODES)[number];

/** Mode of a registration that names none. */
export const DEFAULT_MODE: CompatibilityMode = 'BACKWARD';
