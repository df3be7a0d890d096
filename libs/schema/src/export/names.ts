/** Characters that Delta tables and Spark refuse in a column's name: `" ,;{}()\n\t="`, and other controls. */
export const UNSAFE_NAME = /[ ,;{}()=\u0000-\u001f\u007f]/;

const ESCAPED = /[ ,;{}()=\u0000-\u001f\u007f]|_(?=x)|\p{Surrogate}/gu;

/** Code of the empty name. */
const EMPTY = '_x_';

/**
 * A name that Delta and Spark take, from any text: each character that they refuse stands as `_xHH_`, its code point in
 * upper case hex, and so does a `_` before an `x`. The empty text is `_x_`. Two texts never get one name; other names
 * stay as they are.
 */
export function encodeName(name: string): string {
  return name === '' ? EMPTY : name.replaceAll(ESCAPED, escape);
}

function escape(character: string): string {
  return `_x${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}_`;
}
