import type { Details } from '../details';

/** A flag: its bit and its name. */
export type Flag = readonly [bit: number, name: string];

/** Flags of accounts (set_options). */
export const ACCOUNT_FLAGS: readonly Flag[] = [
  [1, 'auth_required'],
  [2, 'auth_revocable'],
  [4, 'auth_immutable'],
  [8, 'auth_clawback_enabled'],
];

/** Flags of trust lines. */
export const TRUSTLINE_FLAGS: readonly Flag[] = [
  [1, 'authorized'],
  [2, 'authorized_to_maintain_liabilities'],
  [4, 'clawback_enabled'],
];

/** Members for flags set and flags cleared. */
export const FLAG_MEMBERS: readonly string[] = ['set_flags', 'set_flags_s', 'clear_flags', 'clear_flags_s'];

/** Puts the flags in `bits` as numbers and as names; nothing when `bits` is 0 or absent. */
export function putFlags(
  details: Details,
  name: 'set_flags' | 'clear_flags',
  flags: readonly Flag[],
  bits: number | undefined,
): void {
  if (bits === undefined || bits === 0) return;
  const chosen = flags.filter(([bit]) => (bits & bit) !== 0);
  details[name] = chosen.map(([bit]) => bit);
  details[`${name}_s`] = chosen.map(([, word]) => word);
}
