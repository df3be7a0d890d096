// What the generators of docs/ share: writes a page, or with `--check` fails when the page is not what the code says.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Writes or checks `file`, a path from the root of the repository. */
export function writePage(file, text) {
  const target = path.join(root, file);
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
    console.error(`${file} is out of date: run \`npm run docs\`.`);
    process.exitCode = 1;
  }
}

/** A text in a cell of a Markdown table. */
export const cell = (text) => String(text).replaceAll('|', '\\|');
