/** JSON values with numbers as text: `#` and the digits. */
export type Lossless = null | boolean | string | readonly Lossless[] | { readonly [key: string]: Lossless };

/** Parses JSON with numbers as text: 270982294297120768 becomes "#270982294297120768". */
export function parseLossless(text: string): Lossless {
  const quoted = text.replace(
    /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g,
    (_, string: string | undefined, number: string) => string ?? `"#${number}"`,
  );
  return JSON.parse(quoted) as Lossless;
}

/** Canonical JSON text, with sorted keys: equal for equal values. */
export function canonical(value: Lossless): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}
