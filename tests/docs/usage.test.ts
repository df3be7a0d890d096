import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Output } from '../../apps/cli/src/output';
import { createProgram } from '../../apps/cli/src/program';
import { markdownFiles } from './pages';

const ROOT = path.resolve(__dirname, '../..');

/** Options of other programs that pages mention. */
const FOREIGN =
  /^--(workflow-id|activity-id|file|detach|build|rm|target|build-arg|values|from-literal|start|end|wait|global|maxWorkers|include|versioning-override-behavior|codec-endpoint|retention)$/;
/** Words that follow `parquetry` in a text without being a command. */
const NO_COMMAND = ['dev.json'];

type Program = ReturnType<typeof createProgram>;

/** The names of all commands, and all options of any command. */
function commandLine(): { names: Set<string>; options: Set<string> } {
  const names = new Set<string>();
  const options = new Set<string>(['--help', '--help-all']);
  const add = (command: Program, above: string): void => {
    for (const { long } of command.options) if (long) options.add(long);
    for (const sub of command.commands) {
      names.add(`${above}${sub.name()}`);
      add(sub as Program, `${above}${sub.name()} `);
    }
  };
  add(
    createProgram(new Output(false), () => undefined),
    '',
  );
  return { names, options };
}

describe('the commands on the pages', () => {
  const { names, options } = commandLine();
  // Decisions and the changelog describe the past.
  const pages = markdownFiles(ROOT).filter((page) => !/decisions\/|CHANGELOG/.test(page));

  it.each(pages)('exist, with their options: %s', (page) => {
    const text = readFileSync(path.join(ROOT, page), 'utf8');
    const commands = [...text.matchAll(/(?:`|^\$? *|npx )parquetry ([a-z-]+[a-z])(?: ([a-z-]+))?/gm)];
    const unknown = commands
      .filter(([, name = '', sub = '']) => !names.has(name) && !names.has(`${name} ${sub}`))
      .map(([found]) => found)
      .filter((found) => !NO_COMMAND.some((word) => found.endsWith(word)));
    const unknownOptions = text
      .split('\n')
      .filter((line) => line.includes('parquetry '))
      .flatMap((line) => line.match(/(?<=`|\s)--[a-z][a-z-]*/g) ?? [])
      .filter((option) => !options.has(option) && !FOREIGN.test(option));
    expect({ unknown, unknownOptions }).toEqual({ unknown: [], unknownOptions: [] });
  });
});
