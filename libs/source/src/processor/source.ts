import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type LedgerRange, MAX_LEDGER, intersectRange } from '@parquetry/core';
import { type NdjsonIndex, unpackBlock } from '../ndjson/blocks';
import type { NdjsonOptions } from '../ndjson/options';
import { Indexer } from '../ndjson/prepare';
import { Puller } from '../ndjson/pull';
import type { Source } from '../source';
import { answerRequest, answersSpec, assertAnswered } from './ranges';

/**
 * Opens a processor, `http(s)://…` or `processor:NAME`, as a source of messages. Its answer for a partition is handled
 * like a file of `ndjson:`: it is spooled, scanned for the schema and pulled in blocks whose hashes are in the index.
 * A worker without the copy requests the range again; the hashes detect a processor that then returns other messages.
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
      // Index all ledgers, so that messages outside the requested range are detected and not just skipped.
      const everything = { start: 1, end: MAX_LEDGER };
      const index = await new Indexer(spec, options, { ...request, range: everything }).run();
      assertInRange(index.data as NdjsonIndex);
      return index;
    },
    async pull(request) {
      const manifest = await new Puller(options, request).run();
      const { files } = request.index.data as NdjsonIndex;
      for (const file of files) {
        const { range } = answerRequest(file);
        const common = intersectRange(range, request.range);
        // Only a retry of the partition would need the copy again.
        if (common?.start === range.start && common.end === range.end)
          await rm(path.join(request.spoolDir, file.spool as string), { force: true });
      }
      return manifest;
    },
  };
}

/** @throws ParquetryError SOURCE_INVALID for an answer with messages of ledgers outside the requested range */
function assertInRange({ files, blocks }: NdjsonIndex): void {
  for (const block of blocks) {
    const { file, ledgers, line } = unpackBlock(block);
    const answer = files[file];
    if (answer === undefined) continue;
    assertAnswered(answer, ledgers.start, line);
    assertAnswered(answer, ledgers.end, line);
  }
}
