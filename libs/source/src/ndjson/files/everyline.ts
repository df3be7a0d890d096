import { open } from 'node:fs/promises';
import { lineAt, readBatches } from './lines';
import type { SourceFile } from './sourcefile';
import { ensureSpool } from './spool';

/** Where lines go. Numbers count from 1. */
export interface LineUse {
  line(bytes: Buffer, start: number, end: number, number: number): void;
  /** A line that is too long to be read. */
  tooLong(number: number): void;
}

/** Reads every line of a file; `workDir` receives its decompressed copy. @throws ParquetryError SOURCE_CORRUPT */
export async function everyLine(
  file: SourceFile,
  { workDir, signal }: { readonly workDir: string; readonly signal?: AbortSignal | undefined },
  use: LineUse,
): Promise<void> {
  const name = file.packing === 'none' ? file.path : (await ensureSpool(file, workDir, signal)).path;
  const handle = await open(name, 'r');
  try {
    let number = 1;
    for await (const { bytes, start: offset, tooLong } of readBatches(handle)) {
      signal?.throwIfAborted();
      if (tooLong !== undefined) {
        use.tooLong(number);
        number += 1;
        continue;
      }
      for (let at = 0; at < bytes.length; number += 1) {
        const { start, end, next } = lineAt(bytes, at, offset === 0 && at === 0);
        use.line(bytes, start, end, number);
        at = next;
      }
    }
  } finally {
    await handle.close();
  }
}
