import { ParquetryError } from '@parquetry/core';
import type { Protocol } from './actions';

/**
 * The protocol of our tables: any reader of version 1 can read them; a writer must support `domainMetadata`, which
 * stores the coverage, and the two features that version 2 implies.
 */
export const TABLE_PROTOCOL: Protocol = {
  minReaderVersion: 1,
  minWriterVersion: 7,
  writerFeatures: ['appendOnly', 'domainMetadata', 'invariants'],
};

/** @throws ParquetryError LOG_UNSUPPORTED when the table needs features that this reader does not support */
export function assertReadable(protocol: Protocol): void {
  const features = protocol.readerFeatures ?? [];
  if (protocol.minReaderVersion > 1 && (protocol.minReaderVersion !== 3 || features.length > 0))
    throw new ParquetryError(
      'LOG_UNSUPPORTED',
      `The table needs Delta reader version ${protocol.minReaderVersion}${features.length > 0 ? ` with ${features.join(', ')}` : ''}; this version reads version 1.`,
      { details: { minReaderVersion: protocol.minReaderVersion, readerFeatures: features } },
    );
}

/**
 * @throws ParquetryError LOG_UNSUPPORTED when another program changed the table's protocol, so that writing is not safe
 */
export function assertWritable(protocol: Protocol): void {
  assertReadable(protocol);
  const known = TABLE_PROTOCOL.writerFeatures ?? [];
  const features = protocol.writerFeatures ?? [];
  const unknown = features.filter((feature) => !known.includes(feature));
  if (protocol.minWriterVersion !== 7 || unknown.length > 0 || !features.includes('domainMetadata'))
    throw new ParquetryError(
      'LOG_UNSUPPORTED',
      `Another program changed the table's Delta protocol (writer version ${protocol.minWriterVersion}, features ${features.join(', ') || 'none'}); nothing was written.`,
      {
        details: { minWriterVersion: protocol.minWriterVersion, writerFeatures: features },
        hint: 'Only Parquetry should write its tables; readers are free to read them.',
      },
    );
}
