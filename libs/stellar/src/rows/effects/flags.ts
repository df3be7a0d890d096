import type { Details } from '../details';
import type { Flag } from '../operations/flags';

/** Names of the members where they are not the flag's name and `_flag`. */
const NAMES: Readonly<Record<string, string>> = {
  authorized_to_maintain_liabilities: 'authorized_to_maintain_liabilites',
};

/** Puts a member for each flag that `bits` has: whether it was set or cleared. */
export function putFlag(
  details: Details,
  flags: readonly Flag[],
  bits: number | undefined,
  set: boolean,
): void {
  if (bits === undefined) return;
  for (const [bit, name] of flags) if ((bits & bit) !== 0) details[NAMES[name] ?? `${name}_flag`] = set;
}
