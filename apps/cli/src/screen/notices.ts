import { type BackfillProgress, ledgersOf } from '@parquetry/workflows';
import type { PartitionSteps } from './steps';
import { type Line, plain } from './terminal';

/** Notices of one kind in one update; a storm of them would hide everything else. */
const MOST = 5;

/** Finds what is new in a run since the last update: partitions that parked or failed, and steps that are retried. */
export class Notices {
  private troubled: ReadonlySet<string> = new Set();
  private retries: ReadonlySet<string> = new Set();

  /** `steps` undefined: what the partitions are doing was not asked this time. */
  news(progress: BackfillProgress, steps: readonly PartitionSteps[] | undefined): Line[] {
    const troubled = progress.troubled.map((one, index): [string, Line] => {
      const parked = index < progress.parked;
      const text = `${parked ? 'parked' : 'failed'}: ledgers ${ledgersOf(one)}: ${plain(one.reason)}`;
      return [`${parked} ${one.key}`, { text, colour: parked ? 'yellow' : 'red' }];
    });
    const found = fresh(troubled, this.troubled);
    this.troubled = new Set(troubled.map(([id]) => id));
    if (steps === undefined) return found;
    const retries = retriesOf(progress, steps);
    found.push(...fresh(retries, this.retries));
    this.retries = new Set(retries.map(([id]) => id));
    return found;
  }
}

function fresh(all: readonly [string, Line][], known: ReadonlySet<string>): Line[] {
  const lines = all.filter(([id]) => !known.has(id)).map(([, line]) => line);
  const more = lines.length - MOST;
  return more <= 1 ? lines : [...lines.slice(0, MOST), { text: `  and ${more} more`, colour: 'dim' }];
}

function retriesOf({ faults = [] }: BackfillProgress, all: readonly PartitionSteps[]): [string, Line][] {
  const ofRun = faults
    .filter(({ final }) => !final)
    .map(({ step, code, message }): [string, Line] => [
      `run ${step} ${code}`,
      { text: `retry: ${step} of the run: ${code}: ${plain(message)}` },
    ]);
  const ofPartitions = all.flatMap(({ key, range, steps }) =>
    steps.flatMap(({ name, attempt, failure }): [string, Line][] =>
      failure === undefined
        ? []
        : [
            [
              `${key} ${name} ${attempt}`,
              {
                text: `retry: ledgers ${ledgersOf({ key, range, reason: '' })}: ${name}, attempt ${attempt}: ${failure.code}: ${plain(failure.message)}`,
              },
            ],
          ],
    ),
  );
  return [...ofRun, ...ofPartitions];
}
