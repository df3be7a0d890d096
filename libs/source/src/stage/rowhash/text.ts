import * as schema from '@parquetry/schema';
import type { DataType, Field } from '@parquetry/schema';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { byName, floatText } = schema;

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;

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
      return (staged) => decimalText(JSON.parse(quoted(staged)) as string);
    case 'timestamp':
      return (staged) => `t${microsOf(JSON.parse(quoted(staged)) as string)}`;
    case 'utf8':
    case 'json':
      return (staged) => JSON.stringify(JSON.parse(quoted(staged)));
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
      items.push(staged.text[staged.at] === 'n' ? plain(staged) : read(staged));
    }
    staged.at += 1;
    return `[${items.join()}]`;
  };
}

function structReader(fields: readonly Field[]): Reader {
  const readers = new Map(fields.map(({ name, type }) => [name, readerOf(type)]));
  return (staged) => {
    const members: { name: string; text: string }[] = [];
    staged.at += 1;
    while (staged.text[staged.at] !== '}') {
      if (staged.text[staged.at] === ',') staged.at += 1;
      const name = JSON.parse(quoted(staged)) as string;
      staged.at += 1;
      if (staged.text[staged.at] === 'n') plain(staged);
      else members.push({ name, text: (readers.get(name) as Reader)(staged) });
    }
    staged.at += 1;
    return `{${byName(members)
      .map(({ name, text }) => `${JSON.stringify(name)}:${text}`)
      .join()}}`;
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
