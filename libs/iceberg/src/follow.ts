import type { Archive, Follower } from '@parquetry/archive';
import { Location } from './location';
import { syncTo } from './sync';
import { hintedVersion } from './table';

/** A sync takes less, so a table that is behind for longer has lost its writer. */
const PATIENCE_MS = 3000;

/** How commits follow the Iceberg table of a dataset. */
export interface FollowOptions {
  /** The table is created if the dataset has none. */
  readonly wanted?: boolean;
  /** How long a commit waits for the sync of another writer before it syncs the table itself. */
  readonly patienceMs?: number;
  /** Called when the table can't be brought up to date; the commit continues. */
  readonly onFault?: (error: unknown) => void;
}

/** Keeps the Iceberg table of a dataset at most one version behind the commits that wait for it. */
export function followIceberg(
  archive: Archive,
  name: string,
  { wanted = false, patienceMs = PATIENCE_MS, onFault }: FollowOptions = {},
): Follower {
  const location = new Location(archive.store, name);
  return {
    // An unreadable hint is reported by the sync that it leads to.
    version: () =>
      hintedVersion(archive.store, location).then(
        (hinted) => hinted ?? (wanted ? -1 : undefined),
        () => -1,
      ),
    follow: (version) =>
      syncTo(archive, name, version, patienceMs).then(
        () => true,
        (error: unknown) => {
          onFault?.(error);
          return false;
        },
      ),
  };
}
