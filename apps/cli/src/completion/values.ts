import type { CompletionTree, Values } from './tree';

/** Options with the same values, for one branch of a shell's `case`. */
interface ValueCase {
  /** `--layout` for all commands, `schema check --mode` for one. */
  readonly patterns: readonly { readonly command: string | undefined; readonly flag: string }[];
  readonly values: Values;
}

/**
 * What follows each option. Options that differ between commands come first, by command, so that the first match is
 * right; the last ones are for all commands.
 */
function valueCases({ commands }: Pick<CompletionTree, 'commands'>): ValueCase[] {
  const uses = new Map<string, Map<string, { values: Values; commands: string[] }>>();
  for (const { path, options } of commands)
    for (const { flag, values } of options) {
      if (values === undefined) continue;
      const variants = uses.get(flag) ?? new Map<string, { values: Values; commands: string[] }>();
      uses.set(flag, variants);
      const id = JSON.stringify(values);
      const variant = variants.get(id) ?? { values, commands: [] };
      variants.set(id, variant);
      variant.commands.push(path);
    }
  const cases = new Map<string, { patterns: ValueCase['patterns'][number][]; values: Values }>();
  const add = (kind: string, values: Values, pattern: ValueCase['patterns'][number]): void => {
    const id = kind + JSON.stringify(values);
    const found = cases.get(id) ?? { patterns: [], values };
    cases.set(id, found);
    found.patterns.push(pattern);
  };
  const special = [...uses].filter(([, variants]) => variants.size > 1);
  for (const [flag, variants] of special)
    for (const { values, commands: own } of variants.values())
      for (const command of own) add('one', values, { command, flag });
  for (const [flag, variants] of uses)
    if (variants.size === 1)
      for (const { values } of variants.values()) add('all', values, { command: undefined, flag });
  return [...cases.values()];
}

/** Branches of `case "$command $option"` in bash and zsh: `reply` completes the values of an option. */
export function optionBranches(
  tree: Pick<CompletionTree, 'commands'>,
  reply: (values: Values) => string,
): string {
  const branches = valueCases(tree).map(({ patterns, values }) => {
    const texts = patterns.map(({ command, flag }) =>
      command === undefined ? `*" ${flag}"` : quoted(`${command} ${flag}`),
    );
    return `    ${texts.join(' | ')}) ${reply(values)}; return ;;`;
  });
  return branches.join('\n');
}

/** A text in single quotes, for bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
