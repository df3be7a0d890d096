import { readFileSync } from 'node:fs';
import path from 'node:path';

let info: string | undefined;

/** `parquetry/{version}`: the writer of a commit, for the table's history. */
export function engineInfo(): string {
  if (info === undefined) {
    const text = readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8');
    info = `parquetry/${(JSON.parse(text) as { version: string }).version}`;
  }
  return info;
}
