import { type Layout, ParquetryError } from '@parquetry/core';
import { canonicalJson } from '@parquetry/schema';
import type { ArchiveIdentity } from './identity';

/** @throws ParquetryError ARCHIVE_MISMATCH when files have a different layout from the archive */
export function assertLayout(identity: ArchiveIdentity, layout: Layout): void {
  const [has, requested] = [canonicalJson(identity.layout), canonicalJson(layout)];
  if (has !== requested)
    throw new ParquetryError(
      'ARCHIVE_MISMATCH',
      `The archive has the layout ${has}; these files have ${requested}.`,
      {
        details: { archiveValue: has, runValue: requested },
      },
    );
}
