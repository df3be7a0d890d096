// The sections of docs/capacity.md that benches write.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './contender.mjs';

const PAGE = path.join(ROOT, 'docs/capacity.md');

/** Replaces the text between the marker `<!-- NAME -->` and the next `<!-- end -->`. */
export function writeSection(name, text) {
  const page = readFileSync(PAGE, 'utf8');
  const marker = `<!-- ${name} -->`;
  const from = page.indexOf(marker);
  const to = page.indexOf('<!-- end -->', from);
  if (from < 0 || to < 0) throw new Error(`${PAGE} has no section ${marker}`);
  writeFileSync(PAGE, `${page.slice(0, from)}${marker}\n\n${text.trim()}\n\n${page.slice(to)}`);
}

/** A table of the terminal as a block of a page. */
export const block = (text) => `\`\`\`\n${text.trimEnd()}\n\`\`\``;
