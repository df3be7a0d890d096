import type { Details } from '../details';
import type { Flag } from '../operations/flags';

/** Member names that are not the flag's name followed by `_flag`. */
const NAMES: Readonly<Record<string, string>> = {
  authorized_to_maintain_liabilities: 'authorized_to_maintain_liabilites',
};

/** Puts a member for each flag in `bits`: true when it was set, false when it was cleared. */
export function putFlag(
  details: Details,
  flags: readonly Flag[],
  bits: number | undefined,
  set: boolean,
): void {
  if (bits === undefined) return;
  for (const [bit, name] of flags) if ((bits & bit) !== 0) details[NAMES[name] ?? `${name}_flag`] = set;
}
