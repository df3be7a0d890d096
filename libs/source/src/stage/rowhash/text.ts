import * as schema from '@parquetry/schema';
import type { DataType, Field } from '@parquetry/schema';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { byName, floatText } = schema;

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
/** How `null` begins, which no other value does. */
const NULL = 110;
const NULL_UNITS = 4;

/** Reads the staged JSON text of a value at `at`; returns its canonical text (`canonicalText`). */
type Reader = (text: Staged) => string;

interface Staged {
  readonly text: string;
  at: number;
}

/**
 * Returns a function that converts the staged JSON text of a list or struct (see `jsonWriter`) to its canonical text;
 * undefined for a type whose staged text is the canonical one.
 */
export function canonicalReader(type: DataType): ((text: string) => string) | undefined {
  if (type.type === 'list' && ['utf8', 'json', 'bool', 'int32', 'uint32'].includes(type.items.type.type))
    return undefined;
  const read = readerOf(type);
  return (text) => read({ text, at: 0 });
}

function readerOf(type: DataType): Reader {
  switch (type.type) {
    case 'bool':
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64':
      return plain;
    case 'float64':
      return (staged) => floatText(Number(plain(staged)));
    case 'decimal128':
      return (staged) => decimalText(quoted(staged).slice(1, -1));
    case 'timestamp':
      return (staged) => `t${microsOf(quoted(staged).slice(1, -1))}`;
    case 'utf8':
    case 'json':
      return quoted;
    case 'list':
      return listReader(type.items);
    case 'struct':
      return structReader(type.fields);
  }
}

function listReader({ type }: Field): Reader {
  const read = readerOf(type);
  return (staged) => {
    const items: string[] = [];
    staged.at += 1;
    while (staged.text[staged.at] !== ']') {
      if (staged.text[staged.at] === ',') staged.at += 1;
      items.push(staged.text.charCodeAt(staged.at) === NULL ? plain(staged) : read(staged));
    }
    staged.at += 1;
    return `[${items.join()}]`;
  };
}

/** The staged text has all members in the order of the schema. */
function structReader(fields: readonly Field[]): Reader {
  const ranks = new Map(byName(fields).map(({ name }, rank) => [name, rank]));
  const members = fields.map(({ name, type }) => {
    const prefix = `${JSON.stringify(name)}:`;
    return { prefix, read: readerOf(type), rank: ranks.get(name) as number };
  });
  return (staged) => {
    const texts = new Array<string>(members.length).fill('');
    for (const { prefix, read, rank } of members) {
      // A brace or comma, the name and a colon.
      staged.at += 1 + prefix.length;
      if (staged.text.charCodeAt(staged.at) === NULL) staged.at += NULL_UNITS;
      else texts[rank] = prefix + read(staged);
    }
    staged.at += members.length === 0 ? 2 : 1;
    return `{${texts.filter((text) => text !== '').join()}}`;
  };
}

/** A number or a word. */
function plain(staged: Staged): string {
  const { text, at: start } = staged;
  let { at } = staged;
  for (; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === COMMA || unit === 93 || unit === 125) break;
  }
  staged.at = at;
  return text.slice(start, at);
}

/** A string with its quotes. */
function quoted(staged: Staged): string {
  const { text, at: start } = staged;
  let at = start + 1;
  for (; text.charCodeAt(at) !== QUOTE; at += 1) if (text.charCodeAt(at) === BACKSLASH) at += 1;
  staged.at = at + 1;
  return text.slice(start, at + 1);
}

/** Decimal digits as they are staged, without trailing zeros of the fraction. */
function decimalText(text: string): string {
  if (!text.includes('.')) return text;
  const short = text.replace(/\.?0+$/, '');
  return short === '-0' ? '0' : short;
}

/** Unix microseconds of a time as it is staged: RFC 3339 in UTC with none or six digits of a fraction. */
function microsOf(text: string): bigint {
  const fraction = text.length > 20 ? Number(text.slice(20, -1)) : 0;
  return BigInt(Date.parse(`${text.slice(0, 19)}Z`)) * 1000n + BigInt(fraction);
}
