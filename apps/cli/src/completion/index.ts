import type { SettingsCommand } from '../command';
import { bashScript } from './bash';
import { fishScript } from './fish';
import { completionTree } from './tree';
import { zshScript } from './zsh';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The completion script of a shell, from the definitions of all commands. */
export function completionScript(shell: keyof typeof SCRIPTS, program: SettingsCommand): string {
  return SCRIPTS[shell](completionTree(program));
}
