/**
 * A table in another format that is derived from the commit log, such as an Iceberg table. A commit waits until the
 * derived table has the version before it, so its readers are at most one version behind. It never fails because of it.
 */
export interface Follower {
  /** The newest version that the table has, -1 for none; undefined when commits need not wait for a table. */
  version(): Promise<number | undefined>;

  /** Brings the table to a version or a later one. False when that failed: the commit continues without it. */
  follow(version: number): Promise<boolean>;
}
