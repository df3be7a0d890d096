import type { JsonForm, Member } from '../schemas/members';
import { amountText } from './amount';
import type { RowValue } from './row';

/** A details struct under construction. Members that do not apply are absent, which differs from null. */
export type Details = Record<string, RowValue>;

/** Writes details as JSON text. */
export type DetailsWriter = (details: Details) => string;

/** First value that a decimal column of 38 digits can't hold. */
const TOO_WIDE = 10n ** 38n;

/**
 * Adapts details that were written as JSON to their struct column: an amount above 38 digits becomes null. Only
 * contracts can hold such amounts.
 */
export function fitAmount(details: Details): void {
  const { amount } = details;
  if (typeof amount === 'bigint' && amount >= TOO_WIDE) details['amount'] = null;
}

type ValueWriter = (value: never) => string;

/**
 * Returns a writer for the members in `names`, a subset of `members`. It writes an object with its keys in order and
 * leaves out the members that the details lack.
 */
export function detailsWriter(members: readonly Member[], names: readonly string[]): DetailsWriter {
  const wanted = new Set(names);
  const chosen = members.filter(({ column }) => wanted.has(column[0]));
  if (chosen.length !== wanted.size) throw new TypeError(`Unknown members in ${names.join(', ')}`);
  return objectWriter(chosen.sort((a, b) => (a.column[0] < b.column[0] ? -1 : 1)));
}

/** Compiles a writer. Each member has a property access of its own, which V8 optimizes better than one in a loop. */
function objectWriter(members: readonly Member[]): DetailsWriter {
  const writers = members.map(({ json }) => valueWriter(json));
  const variables = members.map((_, index) => `w${index}`);
  const parts = members.map(({ column: [name] }, index) => {
    const [access, key] = [JSON.stringify(name), JSON.stringify(`${JSON.stringify(name)}:`)];
    return `v=d[${access}];if(v!==undefined){t+=c+${key}+(v===null?"null":w${index}(v));c=","}`;
  });
  const code = `"use strict";const [${variables.join()}]=w;return function(d){let t="",c="{",v;${parts.join('')}return c==="{"?"{}":t+"}"}`;
  return (new Function('w', code) as (writers: readonly ValueWriter[]) => DetailsWriter)(writers);
}

function valueWriter(form: JsonForm): ValueWriter {
  if (typeof form === 'object') {
    const write = objectWriter('one' in form ? form.one : form.many);
    return 'one' in form ? write : (values: readonly Details[]) => `[${values.map(write).join(',')}]`;
  }
  return WRITERS[form];
}

const WRITERS: Readonly<Record<Exclude<JsonForm, object>, ValueWriter>> = {
  plain: (value: number | bigint | boolean) => String(value),
  safe: (value: string | bigint) => `"${value}"`,
  text: (value: string) => JSON.stringify(value),
  amount: (value: bigint) => amountText(value),
  amounttext: (value: bigint) => `"${amountText(value)}"`,
  json: (value: string) => value,
  numbers: (values: readonly number[]) => `[${values.join(',')}]`,
  safes: (values: readonly string[]) => (values.length === 0 ? '[]' : `["${values.join('","')}"]`),
  jsons: (values: readonly string[]) => `[${values.join(',')}]`,
};
