/** A text of `parquetry help TOPIC`; docs/help.md has the same. */
export interface Topic {
  readonly name: string;
  /** For the list of topics. */
  readonly summary: string;
  /** Markdown that reads well as plain text. */
  readonly text: () => string;
}

const WIDTH = 88;

/** A definition list: names on the left, texts on the right, wrapped. */
export function definitions(entries: readonly (readonly [name: string, text: string])[]): string {
  const left = Math.max(...entries.map(([name]) => name.length)) + 2;
  return entries
    .map(([name, text]) =>
      wrapped(text, WIDTH - 4 - left)
        .map((line, index) => `    ${(index === 0 ? name : '').padEnd(left)}${line}`)
        .join('\n'),
    )
    .join('\n');
}

/** Breaks a text into lines of at most `width` characters where it has spaces. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
