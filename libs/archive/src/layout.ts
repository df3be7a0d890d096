import { type Layout, ParquetryError } from '@parquetry/core';
import { canonicalJson } from '@parquetry/schema';
import type { ArchiveIdentity } from './identity';

/** @throws ParquetryError ARCHIVE_MISMATCH when files of another layout are to be published */
export function assertLayout(identity: ArchiveIdentity, layout: Layout): void {
  const [has, asked] = [canonicalJson(identity.layout), canonicalJson(layout)];
  if (has !== asked)
    throw new ParquetryError(
      'ARCHIVE_MISMATCH',
      `The archive has the layout ${has}; these files have ${asked}.`,
      {
        details: { archiveValue: has, runValue: asked },
      },
    );
}
