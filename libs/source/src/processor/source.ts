import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type LedgerRange, MAX_LEDGER, ParquetryError, formatRange, intersectRange } from '@parquetry/core';
import { type NdjsonIndex, unpackBlock } from '../ndjson/blocks';
import type { NdjsonOptions } from '../ndjson/options';
import { Indexer } from '../ndjson/prepare';
import { Puller } from '../ndjson/pull';
import type { Source } from '../source';
import { answerRequest, answersSpec } from './ranges';

/**
 * Opens a processor, `http(s)://…` or `processor:NAME`, as a source of messages. Its answer for a partition is what a
 * file is to `ndjson:`: it is spooled, looked over for the schema, and pulled by blocks whose hashes the index has. A
 * worker that lacks the copy asks for the range again, and a processor that then answers differently is found out.
 */
export function openProcessorSource(
  uri: string,
  run: { readonly range: LedgerRange; readonly partitionSize: number },
  options: NdjsonOptions,
): Source {
  return {
    uri,
    async prepare(request) {
      const spec = answersSpec(uri, run.range, run.partitionSize);
      // Messages beyond the asked range are not left out but found out.
      const everything = { start: 1, end: MAX_LEDGER };
      const index = await new Indexer(spec, options, { ...request, range: everything }).run();
      assertInRange(uri, index.data as NdjsonIndex);
      return index;
    },
    async pull(request) {
      const manifest = await new Puller(options, request).run();
      const { files } = request.index.data as NdjsonIndex;
      for (const file of files) {
        const { range } = answerRequest(file);
        const common = intersectRange(range, request.range);
        // The copy is not needed again, unless a partition is tried again.
        if (common?.start === range.start && common.end === range.end)
          await rm(path.join(request.spoolDir, file.spool as string), { force: true });
      }
      return manifest;
    },
  };
}

/** @throws ParquetryError SOURCE_INVALID for an answer with messages of ledgers that were not asked for */
function assertInRange(uri: string, { files, blocks }: NdjsonIndex): void {
  const ranges = files.map((file) => answerRequest(file).range);
  for (const block of blocks) {
    const { file, ledgers, line } = unpackBlock(block);
    const asked = ranges[file] as LedgerRange;
    if (ledgers.start >= asked.start && ledgers.end <= asked.end) continue;
    const wrong = ledgers.start < asked.start ? ledgers.start : ledgers.end;
    throw new ParquetryError(
      'SOURCE_INVALID',
      `${uri} answers with ledger ${wrong} when asked for ${formatRange(asked)} (line ${line} or after it).`,
      {
        details: { source: uri, ledger: wrong, start: asked.start, end: asked.end },
        hint: 'A processor must answer with the messages of start to end, both inclusive, and no others.',
      },
    );
  }
}
