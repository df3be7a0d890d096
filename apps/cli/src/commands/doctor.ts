import type { Define } from '../cli';
import type { Check } from '../doctor/finding';
import { type Output, counted } from '../output';
import { duration } from '../parsers';
import { type BackfillOptions, ROW_SETTINGS } from '../runoptions';
import { TEMPORAL_SETTINGS, type WorkerOptions } from '../workeroptions';

interface Options extends Partial<BackfillOptions>, WorkerOptions {
  /** Seconds. */
  readonly timeout: number;
}

const SETTINGS = ['source', 'prefix', ...ROW_SETTINGS, 'memory', 'stage', ...TEMPORAL_SETTINGS];

/** `parquetry doctor` */
export const define: Define = ({ command, output, run }) =>
  command('doctor', 'check this machine, Temporal, the archive and the source; says what to do', 'Prepare')
    .settings(SETTINGS)
    .option('--timeout <time>', 'limit of each check', duration, 10)
    .example('parquetry doctor --config parquetry.yaml')
    .action((options: Options) => run(() => examine(options, output)));

/** Runs all checks at once, each with its time limit. Ends with 1 when there is a fault; warnings are none. */
async function examine(options: Options, output: Output): Promise<number> {
  const { runCheck } = require('../doctor/finding') as typeof import('../doctor/finding');
  const findings = (
    await Promise.all(checks(options).map((check) => runCheck(check, options.timeout * 1000)))
  ).flat();
  for (const { check, status, message, hint } of findings) {
    output.say(`${status.padEnd(8)}${check.padEnd(10)}${message}`);
    if (hint !== undefined) for (const line of hint.split('\n')) output.say(`${' '.repeat(18)}${line}`);
  }
  const count = (wanted: string): number => findings.filter(({ status }) => status === wanted).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  output.say(
    faults + warnings === 0
      ? 'No faults and no warnings.'
      : `${counted(faults, 'fault')}, ${counted(warnings, 'warning')}.`,
  );
  output.document({ faults, warnings, findings });
  return faults === 0 ? 0 : 1;
}

function checks(options: Options): Check[] {
  const { archiveCheck } = require('../doctor/archive') as typeof import('../doctor/archive');
  const { clockCheck } = require('../doctor/clock') as typeof import('../doctor/clock');
  const { diskCheck, memoryCheck, nodeCheck } =
    require('../doctor/machine') as typeof import('../doctor/machine');
  const { sourceCheck } = require('../doctor/source') as typeof import('../doctor/source');
  const { specOf } = require('../doctor/spec') as typeof import('../doctor/spec');
  const { lockCheck, temporalCheck } = require('../doctor/temporal') as typeof import('../doctor/temporal');
  const { stageCheck } = require('../doctor/work') as typeof import('../doctor/work');
  const { workFolder } = require('../workfolder') as typeof import('../workfolder');
  const { engines } = require('../../package.json') as { readonly engines: { readonly node: string } };
  const work = workFolder(options.stage);
  const { archive, source } = options;
  const spec = specOf(options);
  return [
    nodeCheck(engines.node),
    memoryCheck(options.memory),
    diskCheck(work),
    clockCheck([archive, source]),
    temporalCheck(options.timeout * 500),
    archiveCheck(archive, spec),
    sourceCheck(spec, options.ledgers !== undefined),
    stageCheck(work),
    lockCheck,
  ];
}
