import { assertMessageType, ParquetryError } from '@parquetry/core';
import type { Source } from '../source';
import { Indexer } from './prepare';
import type { NdjsonOptions } from './options';
import { listFiles } from './files/files';
import { Puller } from './pull';

/**
 * Opens local NDJSON files as a source: one message a line, `\n` or `\r\n`, plain, gzip or zstd, any number of types
 * mixed. `spec` is what follows `ndjson:`: comma-separated paths and globs.
 *
 * `prepare` reads everything once; decompressed copies go to its `workDir`, so give that folder as `spoolDir` of the
 * pulls on the same machine, else they decompress again. `pull` reads only the blocks that have ledgers of its range.
 *
 * @throws ParquetryError SOURCE_NOT_FOUND when there is no such file, MESSAGE_TYPE_INVALID for a configured type
 */
export async function openNdjsonSource(spec: string, options: NdjsonOptions): Promise<Source> {
  for (const type of [options.messageType, options.defaultType])
    if (type !== undefined) assertMessageType(type);
  await listFiles(spec);
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
