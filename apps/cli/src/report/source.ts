import type { Archive } from '@parquetry/archive';
import { type LedgerRange, withoutSecrets } from '@parquetry/core';
import type { Commands, ReportData } from '@parquetry/report';
import { buildReport, ReportCache } from '@parquetry/report';
import type { RunSpec } from '@parquetry/workflows';
import { openArchive } from '../archive';
import { fillCommand, shellWord, sourcelessCommand } from '../fillcommand';
import { isTail } from '../followtail';
import { archiveRoot } from '../runspec';
import { ActivityCache, readActivity } from './activity';
import type { TemporalView } from './server';

/** Size of the files that `compact` makes when nothing else is set, bytes. */
const TARGET_BYTES = 128 * 2 ** 20;

/** Options of the commands that show an archive. */
export interface ReportOptions {
  readonly ledgers?: LedgerRange;
  readonly datasets?: readonly string[];
  readonly targetSize?: number;
  readonly region?: string;
}

/** Makes the reports of one archive; keeps what does not change between two of them. */
export class ReportSource {
  private readonly cache = new ReportCache();
  private readonly activity = new ActivityCache();
  private archive: Archive | undefined;

  constructor(
    readonly root: string,
    private readonly options: ReportOptions = {},
  ) {}

  /** @throws ParquetryError ARCHIVE_INVALID, and errors of storage */
  async read(
    temporal: TemporalView | { readonly unavailable: string },
    onProgress?: (dataset: string) => void,
  ): Promise<ReportData> {
    const { ledgers, datasets, targetSize } = this.options;
    this.archive ??= (await openArchive(this.root)).archive;
    return buildReport({
      archive: this.archive,
      commands: this.commands(this.archive),
      temporal: 'unavailable' in temporal ? temporal : await this.askTemporal(temporal),
      targetBytes: targetSize ?? TARGET_BYTES,
      ...(ledgers === undefined ? {} : { range: ledgers }),
      ...(datasets === undefined ? {} : { datasets }),
      now: Date.now(),
      cache: this.cache,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  }

  private async askTemporal(view: TemporalView): Promise<ReportData['temporal']> {
    try {
      return await readActivity(view, archiveRoot(this.root), this.activity);
    } catch (error) {
      // A report of the archive alone is better than none.
      const why = withoutSecrets((error as Error).message, process.env);
      return { unavailable: `Temporal at ${view.address} did not answer: ${why}.` };
    }
  }

  private commands({ identity }: Archive): Commands {
    const root = archiveRoot(this.root);
    const { region } = this.options;
    return {
      fill: (gap) =>
        gap.plan === undefined
          ? sourcelessCommand(identity, root, gap, region)
          : fillCommand(gap.plan.spec as RunSpec, root, gap, region),
      retry: ({ run, range }) =>
        `parquetry retry ${shellWord(run)}${isTail(run) ? '' : ` --ledgers ${range.start}`}`,
    };
  }
}
