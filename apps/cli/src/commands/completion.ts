import { Argument } from 'commander';
import type { Define } from '../cli';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `parquetry completion` */
export const define: Define = ({ command, output, program, run }) =>
  command('completion', 'print the completion script of a shell', 'Prepare')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .example('parquetry completion bash > ~/.local/share/bash-completion/completions/parquetry')
    .action((shell: (typeof SHELLS)[number]) =>
      run(async () => {
        const { completionScript } = require('../completion') as typeof import('../completion');
        const script = completionScript(shell, program());
        output.say(script.trimEnd());
        output.document({ shell, script });
        return 0;
      }),
    );
