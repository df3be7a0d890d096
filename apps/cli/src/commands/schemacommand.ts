import { DEFAULT_MODE, parseMode } from '@parquetry/schema';
import { Option } from 'commander';
import type { SettingsCommand } from '../command';
import { wholeNumber } from '../options';
import type { Output } from '../output';
import { schemaList, schemaShow } from './schema';
import { schemaCheck, schemaDiff } from './schemadiff';
import { EXPORT_FORMATS, type ExportFormat, schemaExport } from './schemaexport';
import { schemaPromote } from './schemapromote';
import { views } from './schemaviews';

const version = wholeNumber(1, 1_000_000_000);
const SUBJECT = ['<subject>', 'message type, or one of its majors (contract_data.v2)'] as const;

/** Adds `schema …` and `views` to the program. */
export function schemaCommand(
  program: SettingsCommand,
  command: (name: string, description: string) => SettingsCommand,
  run: (action: () => Promise<number>) => Promise<void>,
  output: Output,
): void {
  const group = program.command('schema').description('the registry of an archive').exitOverride();
  const sub = (created: SettingsCommand): SettingsCommand => {
    // `command` hangs new commands below the program; these belong below `schema`.
    (program.commands as unknown[]).splice(program.commands.indexOf(created), 1);
    group.addCommand(created);
    return created.requiredOption('--archive <root>', 'archive root');
  };
  sub(command('list', 'subjects and their newest versions')).action((options: { archive: string }) =>
    run(() => schemaList(options.archive, output)),
  );
  sub(command('show', 'columns of a schema'))
    .argument(...SUBJECT)
    .argument('[version]', 'version (default: the newest)', version)
    .action((subject: string, number: number | undefined, options: { archive: string }) =>
      run(() => schemaShow(options.archive, subject, number, output)),
    );
  sub(command('diff', 'what changed between two versions'))
    .argument(...SUBJECT)
    .argument('<older>', 'version', version)
    .argument('<newer>', 'version', version)
    .action((subject: string, older: number, newer: number, options: { archive: string }) =>
      run(() => schemaDiff(options.archive, subject, [older, newer], output)),
    );
  sub(command('check', 'whether a schema may be the next version: exit 0, or 1 with the reasons'))
    .argument(...SUBJECT)
    .argument('<file>', 'JSON file, as `schema show --json` prints it')
    .option('--mode <name>', 'compatibility mode', parseMode, DEFAULT_MODE)
    .action((subject: string, file: string, options: { archive: string; mode: typeof DEFAULT_MODE }) =>
      run(() => schemaCheck(options.archive, subject, file, options.mode, output)),
    );
  sub(command('promote', 'a new major of a message type, after a breaking change'))
    .argument('<type>', 'message type')
    .requiredOption('--from <ledger>', 'first ledger of the new major', wholeNumber(2, 4_294_967_295))
    .writes()
    .action((type: string, options: { archive: string; from: number }) =>
      run(() => schemaPromote(options.archive, type, options.from, output)),
    );
  sub(command('export', 'a schema for other programs'))
    .argument(...SUBJECT)
    .argument('[version]', 'version (default: the newest)', version)
    .addOption(
      new Option('--format <name>', 'form of the schema').choices(EXPORT_FORMATS).makeOptionMandatory(),
    )
    .option('--out <file>', 'write it there; `arrow` is then an Arrow IPC stream')
    .action(
      (
        subject: string,
        number: number | undefined,
        options: { archive: string; format: ExportFormat; out?: string },
      ) => run(() => schemaExport(options.archive, subject, number, options, output)),
    );

  command('views', 'SQL for DuckDB: a view on each dataset, over exactly its committed files')
    .requiredOption('--archive <root>', 'archive root')
    .option('--dataset <name>', 'only this dataset')
    .action((options: { archive: string; dataset?: string }) =>
      run(() => views(options.archive, options.dataset, output)),
    );
}
