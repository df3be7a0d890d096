import { isNamed } from './named';

/** Words of SQL that are worth completing. */
const KEYWORDS = [
  ...['SELECT', 'FROM', 'WHERE', 'GROUP BY', 'ORDER BY', 'LIMIT', 'JOIN', 'USING', 'HAVING', 'DISTINCT'],
  ...['DESCRIBE', 'SUMMARIZE', 'COUNT(*)', 'BETWEEN', 'WITH', 'UNION ALL', 'AND', 'AS', 'ON'],
];
const COMMANDS = ['.tables', '.columns', '.help', '.quit'];
/** Words after which a table follows. */
const BEFORE_TABLE = /\b(from|join|describe|summarize|table)\s+$/i;

/**
 * Completes the last word of a line, as readline's completer: the candidates and the word. After FROM and JOIN these are
 * tables; after `table.` its columns; else columns of the tables in the line, tables and keywords.
 */
export function completions(
  line: string,
  tables: ReadonlyMap<string, readonly string[]>,
): [candidates: string[], word: string] {
  if (line.startsWith('.')) return commands(line, tables);
  const word = /[\w$.]*$/.exec(line)?.[0] ?? '';
  const before = line.slice(0, line.length - word.length);
  const dot = word.lastIndexOf('.');
  const owner = dot < 0 ? undefined : tables.get(word.slice(0, dot));
  if (owner !== undefined)
    return [
      matching(
        owner.map((name) => `${word.slice(0, dot)}.${name}`),
        word,
      ),
      word,
    ];
  if (BEFORE_TABLE.test(before)) return [matching([...tables.keys()], word), word];
  const named = [...tables].filter(([table]) => isNamed(line, table));
  const columns = (named.length > 0 ? named : [...tables]).flatMap(([, names]) => names);
  const found = matching([...new Set([...columns, ...tables.keys()])].sort(), word);
  return [[...found, ...(word === '' ? [] : matching(KEYWORDS, word))], word];
}

function commands(line: string, tables: ReadonlyMap<string, readonly string[]>): [string[], string] {
  const table = /^\.columns\s+(\S*)$/.exec(line)?.[1];
  return table === undefined
    ? [matching(COMMANDS, line), line]
    : [matching([...tables.keys()], table), table];
}

function matching(candidates: readonly string[], word: string): string[] {
  return candidates.filter((each) => each.toLowerCase().startsWith(word.toLowerCase()));
}
