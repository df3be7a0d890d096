import type { CompletionTree, Values } from './tree';
import { optionBranches, quoted } from './values';

/** The completion script for bash (4 or newer). */
export function bashScript(tree: CompletionTree): string {
  const words = (list: readonly string[]): string => quoted(list.join(' '));
  const reply = ({ words: list, files }: Values): string =>
    list.length > 0 ? `_parquetry_words ${words(list)}` : files ? '_parquetry_files' : ':';
  return `# Completion of parquetry for bash, made by \`parquetry completion bash\`.
_parquetry_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_parquetry_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}
_parquetry() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} first=2
  COMPREPLY=()
  # bash splits --layout=hour into three words.
  if [[ $cur == '=' ]]; then cur=; elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  # It splits galexie:./lake as well; what follows the colon is a path.
  if [[ $cur == ':' || $prev == ':' ]]; then cur=\${cur#:}; _parquetry_files; return; fi
  if ((COMP_CWORD == 1)); then _parquetry_words ${words([...tree.top.map(({ name }) => name), '--help', '--version'])}; return; fi
  case $command in
${tree.groups
  .map(
    ({ name, commands }) => `    ${name})
      if ((COMP_CWORD == 2)); then _parquetry_words ${words(commands.map((sub) => sub.name))}; return; fi
      command="$command \${COMP_WORDS[2]}" first=3 ;;`,
  )
  .join('\n')}
  esac
  case "$command $prev" in
${optionBranches(tree, reply)}
  esac
  case $command in
${tree.commands
  .map(({ path, options, argument }) => {
    const flags = words(options.map(({ flag }) => flag));
    return `    ${quoted(path)}) if [[ $cur == -* ]]; then _parquetry_words ${flags}; else ${reply(argument)}; fi ;;`;
  })
  .join('\n')}
  esac
}
complete -F _parquetry parquetry
`;
}
