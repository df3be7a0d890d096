import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CheckpointWriter } from '@parquetry/archive';
import type { Writer } from '@parquetry/writer';

/** Writes the checkpoints of the Delta log with DuckDB, through an NDJSON file in the worker's temporary folder. */
export function checkpointWriter(writer: Writer, tempDir: string): CheckpointWriter {
  return {
    async write(rows, localFile) {
      const input = path.join(tempDir, `checkpoint-${randomBytes(8).toString('hex')}.ndjson`);
      const lines = function* (): Generator<string> {
        for (const line of rows.lines()) yield `${line}\n`;
      };
      try {
        await pipeline(Readable.from(lines()), createWriteStream(input));
        await writer.copyNdjsonToParquet({ input, columns: rows.columns, output: localFile });
      } finally {
        await rm(input, { force: true });
      }
    },
  };
}
