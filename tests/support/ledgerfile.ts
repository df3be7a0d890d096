import { readdirSync } from 'node:fs';
import path from 'node:path';

/** The file of a ledger in a lake with one ledger per object. */
export function ledgerFile(lake: string, ledger: number): string {
  const names = readdirSync(lake, { recursive: true, encoding: 'utf8' });
  const name = names.find((each) => each.includes(`--${ledger}.`));
  if (name === undefined) throw new Error(`the lake ${lake} has no ledger ${ledger}`);
  return path.join(lake, name);
}
