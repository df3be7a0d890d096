import type { CompletedCommand, CompletionTree, Values } from './tree';

/** The completion script for fish. */
export function fishScript(tree: CompletionTree): string {
  return `# Completion of parquetry for fish, made by \`parquetry completion fish\`.
# True when the words before the cursor begin with these, after the program's name.
function __parquetry_at
  set -l words (commandline -opc)
  set -l last (math 1 + (count $argv))
  test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"
end
# True when exactly these words are before the cursor.
function __parquetry_after
  set -l words (commandline -opc)
  test (count $words) -eq (math 1 + (count $argv)); and test "$words[2..-1]" = "$argv"
end
complete -c parquetry -f
${[
  ...tree.top.map(({ name, doc }) => line('test (count (commandline -opc)) -eq 1', `-a ${name}`, doc)),
  line('test (count (commandline -opc)) -eq 1', '-l version', 'show the version'),
  ...tree.groups.flatMap(({ name, commands }) =>
    commands.map((sub) => line(`__parquetry_after ${name}`, `-a ${sub.name}`, sub.doc)),
  ),
  ...tree.commands.flatMap(commandLines),
].join('\n')}
`;
}

function commandLines({ path, options, argument }: CompletedCommand): string[] {
  const at = `__parquetry_at ${path}`;
  return [
    ...options.map(({ flag, doc, values }) =>
      line(at, `-l ${flag.slice(2)}${values === undefined ? '' : ` ${valued(values)}`}`, doc),
    ),
    ...(argument.words.length > 0 ? [line(at, `-a ${quoted(argument.words.join(' '))}`)] : []),
    ...(argument.files ? [line(at, '-F')] : []),
  ];
}

function valued({ words, files }: Values): string {
  if (words.length > 0) return `-x -a ${quoted(words.join(' '))}`;
  return files ? '-r -F' : '-x';
}

function line(condition: string, what: string, doc?: string): string {
  return `complete -c parquetry -n ${quoted(condition)} ${what}${doc === undefined ? '' : ` -d ${quoted(doc)}`}`;
}

/** A text in single quotes; fish has only these two escapes in them. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
