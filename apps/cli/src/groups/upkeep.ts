import path from 'node:path';
import { devHome } from '@parquetry/temporal';
import { audit } from '../commands/audit';
import { gc, parseGrace } from '../commands/gc';
import { type Commands, WORKER_SETTINGS, type WorkerOptions, workerSettings } from './commands';

/** Adds the commands that look after an archive. */
export function upkeepCommands({ command, run, output }: Commands): void {
  const workRoot = (stage: string | undefined): string => stage ?? path.join(devHome().root, 'work');

  command('audit', 'one report: gaps, overlaps, missing and altered files, leftovers; exit 1 on faults')
    .settings(['archive', 'region', ...WORKER_SETTINGS], ['archive'])
    .option('--fix', 'fill gaps by a backfill from the source that the run had')
    .option('--quick', 'ask for the sizes of files only; they are not read')
    .writes('fix')
    .action((options: WorkerOptions & { archive: string; fix?: boolean; quick?: boolean }) =>
      run(() => {
        const { archive, fix = false, quick = false, stage } = options;
        return audit(archive, { fix, quick, workRoot: workRoot(stage) }, workerSettings(options), output);
      }),
    );

  command('gc', 'remove what no commit names, after a grace time; says what would go until --yes is given')
    .settings(['archive', 'region', 'stage'], ['archive'])
    .option('--grace <time>', 'only what is older, e.g. 7d or 72h; longer than the longest run', parseGrace)
    .option('--yes', 'remove it')
    .writes('yes')
    .action((options: { archive: string; stage?: string; grace?: number; yes?: boolean }) =>
      run(() => {
        const { archive, grace = parseGrace('7d'), yes = false, stage } = options;
        return gc(archive, { graceMs: grace, yes, workRoot: workRoot(stage) }, output);
      }),
    );
}
