/** Characters that Delta tables and Spark refuse in a column's name: `" ,;{}()\n\t="`, and other controls. */
export const UNSAFE_NAME = /[ ,;{}()=\u0000-\u001f\u007f]/;

const ESCAPED = /[ ,;{}()=\u0000-\u001f\u007f]|_(?=x)|\p{Surrogate}/gu;

/** Code of the empty name. */
const EMPTY = '_x_';

/**
 * Encodes any text as a name that Delta and Spark accept. Each character that they refuse becomes `_xHH_`, with its
 * code point in upper-case hex; so does a `_` before an `x`. The empty text becomes `_x_`. Different texts get
 * different names; other names stay unchanged.
 */
export function encodeName(name: string): string {
  return name === '' ? EMPTY : name.replaceAll(ESCAPED, escape);
}

function escape(character: string): string {
  return `_x${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}_`;
}
