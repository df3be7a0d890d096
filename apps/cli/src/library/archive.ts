import type { Archive as Internal } from '@parquetry/archive';
import { openArchive } from '../archive';
import { readBatches, readRows } from './read';
import type { Archive, LedgerRange } from './types';

/** @throws ParquetryError ARCHIVE_INVALID */
export async function readableArchive(location: string): Promise<Archive> {
  const { archive, store } = await openArchive(location);
  return {
    network: archive.identity.network,
    datasets: () => archive.datasets(),
    files: async (dataset, ledgers) =>
      (await archive.dataset(dataset).files(ledgers && [ledgers])).map(
        ({ key, size, rows, sha256, range }) => ({
          location: store.localPath(key) ?? `${store.uri}/${key}`,
          size,
          ...(rows === undefined ? {} : { rows }),
          ...(sha256 === undefined ? {} : { sha256 }),
          ...(range === undefined ? {} : { ledgers: range }),
        }),
      ),
    coverage: (dataset) => coverage(archive, dataset),
    gaps: (dataset, ledgers) => archive.dataset(dataset).gaps(ledgers),
    batches: (dataset, options) => readBatches(archive, dataset, options),
    rows: (dataset, options) => readRows(archive, dataset, options),
  };
}

async function coverage(archive: Internal, dataset: string): Promise<LedgerRange[]> {
  const snapshot = await archive.dataset(dataset).snapshot();
  return snapshot.coverage.map(({ start, end }) => ({ start, end }));
}
