import { Archive } from '@parquetry/archive';
import { type ManagedStore, type ObjectStore, openStore } from '@parquetry/storage';
import { archiveRoot } from './runspec';

/** An archive that exists, for reading. @throws ParquetryError ARCHIVE_INVALID */
export async function openArchive(root: string): Promise<{ archive: Archive; store: ObjectStore }> {
  const store = openStore(archiveRoot(root));
  return { archive: await Archive.open(store), store };
}

/** An archive that exists, for upkeep. @throws ParquetryError ARCHIVE_INVALID */
export async function openManaged(root: string): Promise<{ archive: Archive; store: ManagedStore }> {
  const store = openStore(archiveRoot(root));
  return { archive: await Archive.open(store), store };
}
