import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { decompress } from '@mongodb-js/zstd';
import { LedgerContext } from '../rows/context';
import type { StellarType } from '../rows/types';
import { readBatchHeader, readLedger } from '../xdr/reader';
import { DATA, hasData } from './data';

/** JSON with its numbers as text: `#` and the digits as they were written. */
export type Lossless = null | boolean | string | Lossless[] | { [key: string]: Lossless };

/** A lake of the test data with the rows that stellar-etl produced from it. */
export interface GoldenLake {
  readonly name: string;
  readonly lake: string;
  readonly goldens: string;
}

const REAL: readonly (readonly [lake: string, goldens: string])[] = [
  ['pubnet-1x64000', 'pubnet-63092982-63092991'],
  ['testnet-997-999', 'testnet-997-999'],
  ['pubnet-old', 'pubnet-53312000'],
];

/** Every lake that has goldens; none without the test data. */
export function goldenLakes(): GoldenLake[] {
  if (!hasData) return [];
  const core = path.join(DATA, 'core');
  const made = existsSync(core) ? readdirSync(path.join(core, 'lakes')) : [];
  return [
    ...REAL.map(([lake, goldens]) => ({
      name: lake,
      lake: path.join(DATA, 'lakes', lake),
      goldens: path.join(DATA, 'goldens', goldens),
    })),
    ...made.map((name) => ({
      name,
      lake: path.join(core, 'lakes', name),
      goldens: path.join(core, 'goldens', name),
    })),
  ];
}

const PUBNET = 'Public Global Stellar Network ; September 2015';

/** The ledgers of a lake, ready for the row builders of these types (all), by ascending sequence. */
export async function goldenLedgers(
  { lake }: GoldenLake,
  types?: readonly StellarType[],
): Promise<LedgerContext[]> {
  const names = readdirSync(lake, { recursive: true, encoding: 'utf8' });
  const config = names.find((name) => name.endsWith('.config.json'));
  const passphrase =
    config === undefined
      ? PUBNET
      : (JSON.parse(readFileSync(path.join(lake, config), 'utf8')) as { networkPassphrase: string })
          .networkPassphrase;
  const ledgers: LedgerContext[] = [];
  for (const name of names.filter((each) => /\.zstd?$/.test(each))) {
    const bytes = await decompress(readFileSync(path.join(lake, name)));
    const { start, end, offset } = readBatchHeader(bytes, name);
    for (let sequence = start, at = offset; sequence <= end; sequence++) {
      const ledger = readLedger(bytes, at, name, types);
      ledgers.push(new LedgerContext(ledger, passphrase));
      at = ledger.meta.xdrEnd;
    }
  }
  return ledgers.sort((a, b) => a.sequence - b.sequence);
}

/** The golden rows of a table; empty when stellar-etl produced none. */
export async function goldenRows({ goldens }: GoldenLake, type: string): Promise<Record<string, Lossless>[]> {
  const file = path.join(goldens, `${type}.ndjson.zst`);
  if (!existsSync(file)) return [];
  const text = (await decompress(readFileSync(file))).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseLossless(line) as Record<string, Lossless>);
}

const TOKENS = /("(?:[^"\\]|\\.)*")|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Parses JSON; numbers become `#` and their digits. */
export function parseLossless(text: string): Lossless {
  return JSON.parse(
    text.replace(TOKENS, (token, string: string | undefined) => string ?? `"#${token}"`),
  ) as Lossless;
}

/**
 * The path and the two values where ours differs from the golden one; undefined when nothing does. Integers must have
 * the same digits. A float of stellar-etl must be the double nearest to our exact decimal.
 */
export function difference(
  ours: Lossless | undefined,
  theirs: Lossless | undefined,
  at = '',
): string | undefined {
  if (ours === theirs) return undefined;
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length)
    return firstOf(ours.keys(), (index) => difference(ours[index], theirs[index], `${at}[${index}]`));
  if (isObject(ours) && isObject(theirs))
    return firstOf(new Set([...Object.keys(ours), ...Object.keys(theirs)]), (key) =>
      difference(ours[key], theirs[key], at === '' ? key : `${at}.${key}`),
    );
  if (
    isNumber(ours) &&
    isNumber(theirs) &&
    isDecimal(ours) &&
    Number(ours.slice(1)) === Number(theirs.slice(1))
  )
    return undefined;
  return `${at}: ours ${JSON.stringify(ours)} theirs ${JSON.stringify(theirs)}`;
}

const isObject = (value: Lossless | undefined): value is { [key: string]: Lossless } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: Lossless | undefined): value is string =>
  typeof value === 'string' && value.startsWith('#');
const isDecimal = (number: string): boolean => number.includes('.');

function firstOf<T>(items: Iterable<T>, check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = check(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
