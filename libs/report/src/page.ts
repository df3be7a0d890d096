import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';
import type { ReportData } from './data';

const FILE = path.join(__dirname, '..', 'dist', 'page.html');

/** Places in the built page. */
const DATA = '__REPORT_DATA__';
const CONNECT = '__REPORT_CONNECT__';

/** The page with its data in it: one document that loads nothing. */
export function staticPage(data: ReportData): string {
  return filled("'none'", inScript(JSON.stringify(data)));
}

/** The page that asks the server that sent it for its data. */
export function livePage(): string {
  return filled("'self'", '');
}

/** JSON inside a script element: no text of the data can end the element or begin a comment. */
function inScript(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026');
}

function filled(connect: string, data: string): string {
  if (!existsSync(FILE))
    throw new ParquetryError('INTERNAL', `The page ${FILE} is missing.`, {
      hint: 'Run `npm run build` in the checkout, or install the package again.',
    });
  const [head = '', ...rest] = readFileSync(FILE, 'utf8').split(CONNECT);
  const [before = '', after = ''] = rest.join(CONNECT).split(DATA);
  return `${head}${connect}${before}${data}${after}`;
}
