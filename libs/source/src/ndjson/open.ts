import { assertMessageType, ParquetryError } from '@parquetry/core';
import type { Source } from '../source';
import { Indexer } from './prepare';
import type { NdjsonOptions } from './options';
import { listFiles } from './files/files';
import { Puller } from './pull';

/**
 * Opens NDJSON files as a source: one message per line, `\n` or `\r\n`, uncompressed, gzip or zstd, any mix of types.
 * `spec` is the part after `ndjson:`: comma-separated paths and globs.
 *
 * `prepare` reads everything once and keeps decompressed copies in its `workDir`. Use that folder as the `spoolDir` of
 * pulls on the same machine, so that they don't decompress again. `pull` reads only blocks with ledgers of its range.
 *
 * @throws ParquetryError SOURCE_NOT_FOUND if no file matches, MESSAGE_TYPE_INVALID for a configured type
 */
export async function openNdjsonSource(spec: string, options: NdjsonOptions): Promise<Source> {
  for (const type of [options.messageType, options.defaultType])
    if (type !== undefined) assertMessageType(type);
  await listFiles(spec, options.assertFile);
  return {
    uri: `ndjson:${spec}`,
    prepare: (request) => new Indexer(spec, options, request).run(),
    pull: (request) => {
      if (request.index.kind !== 'ndjson')
        throw new ParquetryError(
          'INTERNAL',
          `An NDJSON source can't read an index of ${request.index.kind}.`,
        );
      return new Puller(options, request).run();
    },
  };
}
