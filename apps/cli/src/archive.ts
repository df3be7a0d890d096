import { Archive } from '@parquetry/archive';
import { type ManagedStore, type ObjectStore, openStore } from '@parquetry/storage';
import { archiveRoot } from './runspec';

/** Opens an existing archive for reading. @throws ParquetryError ARCHIVE_INVALID */
export async function openArchive(root: string): Promise<{ archive: Archive; store: ObjectStore }> {
  const store = openStore(archiveRoot(root));
  return { archive: await Archive.open(store), store };
}

/** Opens an existing archive for maintenance. @throws ParquetryError ARCHIVE_INVALID */
export async function openManaged(root: string): Promise<{ archive: Archive; store: ManagedStore }> {
  const store = openStore(archiveRoot(root));
  return { archive: await Archive.open(store), store };
}
