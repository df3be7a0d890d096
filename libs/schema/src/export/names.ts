/** Characters that Delta tables and Spark refuse in a column's name: `" ,;{}()\n\t="`, and other controls. */
export const UNSAFE_NAME = /[ ,;{}()=\u0000-\u001f\u007f]/;

const ESCAPED = /[ ,;{}()=\u0000-\u001f\u007f]|_(?=x)|\p{Surrogate}/gu;
const ESCAPE = /_x([0-9A-F]{0,6})_/g;

/** Code of the empty name. */
const EMPTY = '_x_';

/**
 * A name that Delta, Spark and every SQL engine take, from any text: each character that they refuse stands as
 * `_xHH_`, its code point in upper case hex, and so does a `_` before an `x`. The empty text is `_x_`. Reversible, see
 * `decodeName`; other names stay as they are.
 */
export function encodeName(name: string): string {
  // The code of the empty name in other cases: beside it one of the two would have no other code.
  if (name !== '' && fold(name) === EMPTY) return `${escape('_')}${name.slice(1)}`;
  return name === '' ? EMPTY : name.replaceAll(ESCAPED, escape);
}

/** The text that `encodeName` or `encodeNames` made a name of. */
export function decodeName(encoded: string): string {
  return encoded.replaceAll(ESCAPE, (_, hex: string) =>
    hex === '' ? '' : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

/**
 * Encodes the names of one level, so that no two are equal whatever their case. A name whose plain encoding is taken
 * stands with its first character escaped, then its first two, and so on; `decodeName` reverses that too.
 *
 * @param names distinct texts; the outcome does not depend on their order
 * @param taken encoded names that are not free: columns that exist, folders of the layout
 * @returns encoded name by name
 */
export function encodeNames(names: Iterable<string>, taken: Iterable<string> = []): Map<string, string> {
  const used = new Set([...taken].map(fold));
  const encoded = new Map<string, string>();
  for (const name of [...new Set(names)].sort()) {
    const characters = [...name];
    let candidate = encodeName(name);
    for (let count = 1; used.has(fold(candidate)) && count <= characters.length; count += 1)
      candidate = `${characters.slice(0, count).map(escape).join('')}${encodeRest(characters, count)}`;
    used.add(fold(candidate));
    encoded.set(name, candidate);
  }
  return encoded;
}

function encodeRest(characters: readonly string[], from: number): string {
  const rest = characters.slice(from).join('');
  return rest === '' ? '' : encodeName(rest);
}

function escape(character: string): string {
  return `_x${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}_`;
}

/** Equal for names that some engine takes as one. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}
