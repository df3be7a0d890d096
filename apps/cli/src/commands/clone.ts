import type { ClonedDataset } from '@parquetry/archive';
import { ParquetryError, formatRange } from '@parquetry/core';
import type { Define } from '../cli';
import { type Output, counted, formatBytes, formatCount } from '../output';
import { collect } from '../parsers';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly ledgers?: string;
  readonly dataset?: readonly string[];
}

/** `parquetry clone` */
export const define: Define = ({ command, output, run }) =>
  command('clone', 'copy an archive to another store, verified; again to continue or to catch up', 'Maintain')
    .requiredOption('--from <archive>', 'the archive to copy; runs may write to it meanwhile')
    .requiredOption('--to <archive>', 'a new archive, or an earlier clone')
    .settings(['ledgers', 'region'], {
      docs: { ledgers: 'only these ledgers; bounds must not cut a segment (default: all)' },
    })
    .option('--dataset <name>', 'only this dataset; repeatable (default: all)', collect)
    .writes()
    .example('parquetry clone --from ./archive --to s3://lake/stellar')
    .action((options: Options) => run(() => clone(options, output)));

/** Copies the committed segments of an archive, and commits them in the target's own log. */
async function clone({ from, to, ledgers, dataset }: Options, output: Output): Promise<number> {
  const { cloneArchive } = require('@parquetry/archive') as typeof import('@parquetry/archive');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archiveRanges } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { withWritable } = require('../checkpoints') as typeof import('../checkpoints');
  const { assertApart, knownDatasets } = require('../datasets') as typeof import('../datasets');
  const { archiveRoot } = require('../runspec') as typeof import('../runspec');
  const { openStore } = require('@parquetry/storage') as typeof import('@parquetry/storage');
  const { onInterrupt } = require('../interrupt') as typeof import('../interrupt');
  const { stateView } = require('../screen/view') as typeof import('../screen/view');
  const { archive: source, store } = await openArchive(from);
  const datasets = knownDatasets(await source.datasets(), dataset);
  const ranges = await archiveRanges(async () => source, ledgers, output, { datasets, edges: 'refuse' });
  assertApart(store.uri, openStore(archiveRoot(to)).uri);
  return withWritable(to, source.identity, async ({ archive: target, tempDir }) => {
    const interrupt = onInterrupt();
    const view = stateView(output);
    try {
      const cloned = await cloneArchive(source, target, {
        datasets,
        ...(ranges === undefined ? {} : { ranges }),
        tempDir,
        signal: interrupt.signal,
        onProgress: ({ dataset: name, segments, totalSegments, bytes }) =>
          view.update([
            name,
            `${formatCount(segments)} of ${counted(totalSegments, 'segment')}`,
            `${formatBytes(bytes)} copied`,
          ]),
      });
      view.end();
      const iceberg = await finish(source, target, cloned);
      say(cloned, iceberg, target.store.uri, output);
      return 0;
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      throw new ParquetryError('CANCELLED', 'The clone was interrupted; what it copied is kept.', {
        hint: 'The same command continues it.',
        cause: error,
      });
    } finally {
      view.end();
      interrupt.dispose();
    }
  });
}

/** Makes the Iceberg tables that the source has, then deletes what the new commits replaced; returns the datasets. */
async function finish(
  source: import('@parquetry/archive').Archive,
  target: import('@parquetry/archive').Archive,
  cloned: readonly ClonedDataset[],
): Promise<string[]> {
  const { hasIceberg, syncIceberg } = require('@parquetry/iceberg') as typeof import('@parquetry/iceberg');
  const synced: string[] = [];
  for (const { dataset, segments, replaced } of cloned) {
    const wanted = (await hasIceberg(source, dataset)) || (await hasIceberg(target, dataset));
    if (wanted && segments > 0) {
      // Its metadata has absolute locations, so it is made again and not copied.
      await syncIceberg(target, dataset);
      synced.push(dataset);
    }
    await target.dataset(dataset).retire(replaced);
  }
  return synced;
}

function say(
  cloned: readonly ClonedDataset[],
  iceberg: readonly string[],
  uri: string,
  output: Output,
): void {
  output.table(
    ['dataset', 'version', 'ledgers', 'segments', 'committed', 'files', 'copied', 'size', 'rows'],
    cloned.map((one) => [
      one.dataset,
      one.version,
      one.coverage.map(formatRange).join(', ') || 'none',
      one.segments,
      one.committed,
      one.files,
      one.copied,
      formatBytes(one.bytes),
      one.rows,
    ]),
  );
  const committed = cloned.reduce((sum, one) => sum + one.committed, 0);
  output.say(
    committed === 0
      ? `${uri} has everything already.`
      : `Committed ${counted(committed, 'segment')} to ${uri}. Repeat the command to catch up later.`,
  );
  if (iceberg.length > 0) output.say(`Iceberg tables: ${iceberg.join(', ')}.`);
  output.document({ target: uri, datasets: cloned, iceberg });
}
