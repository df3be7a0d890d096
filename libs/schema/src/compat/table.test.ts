import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rulesMarkdown } from './table';

const PAGE = path.resolve(__dirname, '../../../../docs/schemas.md');
const PART = /(?<=<!-- rules -->\n\n)[^]*?(?=\n\n<!-- \/rules -->)/;

it('docs/schemas.md has the rule table of the code; PARQUETRY_WRITE_DOCS=1 writes it', () => {
  const text = readFileSync(PAGE, 'utf8');
  if (process.env['PARQUETRY_WRITE_DOCS'] === '1')
    writeFileSync(
      PAGE,
      text.replace(PART, () => rulesMarkdown()),
    );
  expect(PART.exec(readFileSync(PAGE, 'utf8'))?.[0]).toBe(rulesMarkdown());
});
