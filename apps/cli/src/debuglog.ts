import { closeSync, openSync, writeSync } from 'node:fs';
import { ParquetryError } from '@parquetry/core';
import type { DebugSink } from '@parquetry/worker';

const FLUSH_CHARS = 1 << 16;
const FLUSH_MS = 200;

/**
 * The sink of the debug mode: appends timestamped lines to a file or writes them to stderr. Lines are written in
 * batches, at least every 0.2 seconds and when the process ends.
 * @throws ParquetryError CONFIG_INVALID when the file can't be opened
 */
export function openDebugLog(file?: string): DebugSink {
  const descriptor = file === undefined ? undefined : openLog(file);
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = lines;
    lines = '';
    if (descriptor === undefined) process.stderr.write(text);
    else writeSync(descriptor, text);
  };
  process.on('exit', () => {
    flush();
    if (descriptor !== undefined) closeSync(descriptor);
  });
  return (line) => {
    lines += `${new Date().toISOString()} debug ${line}\n`;
    if (lines.length >= FLUSH_CHARS) flush();
    else timer ??= setTimeout(flush, FLUSH_MS).unref();
  };
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (cause) {
    throw new ParquetryError(
      'CONFIG_INVALID',
      `The debug log ${file} can't be written: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
}
