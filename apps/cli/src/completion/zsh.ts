import type { CompletionTree, Values } from './tree';
import { optionBranches, quoted } from './values';

/** The completion script for zsh: a file \`_parquetry\` on $fpath, or sourced after compinit. */
export function zshScript(tree: CompletionTree): string {
  const described = (list: readonly { readonly name: string; readonly doc: string }[]): string =>
    list.map(({ name, doc }) => quoted(`${name}:${doc.replaceAll(':', '\\:')}`)).join(' ');
  const reply = ({ words, files }: Values): string =>
    words.length > 0
      ? `compadd -- ${words.map(quoted).join(' ')}`
      : files
        ? '_parquetry_files'
        : "_message 'a value'";
  return `#compdef parquetry
# Completion of parquetry for zsh, made by \`parquetry completion zsh\`.
_parquetry_files() {
  # galexie:./lake: what follows the colon is a path.
  compset -P '*:'
  _files
}
_parquetry() {
  local command=$words[2] previous=$words[CURRENT-1]
  local -a items
  if ((CURRENT == 2)); then
    items=(${described(tree.top)})
    _describe command items
    return
  fi
  case $command in
${tree.groups
  .map(
    ({ name, commands }) => `    ${name})
      if ((CURRENT == 3)); then
        items=(${described(commands)})
        _describe command items
        return
      fi
      command="$command $words[3]" ;;`,
  )
  .join('\n')}
  esac
  # --layout=hour
  if [[ $PREFIX == --*=* ]]; then
    previous=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$command $previous" in
${optionBranches(tree, reply)}
  esac
  case $command in
${tree.commands
  .map(({ path, options, argument }) => {
    const flags = described(options.map(({ flag, doc }) => ({ name: flag, doc })));
    return `    ${quoted(path)})
      if [[ $PREFIX == -* ]]; then
        items=(${flags})
        _describe -o option items
      else
        ${reply(argument)}
      fi ;;`;
  })
  .join('\n')}
  esac
}
if [[ $funcstack[1] == _parquetry ]]; then _parquetry "$@"; else compdef _parquetry parquetry; fi
`;
}
