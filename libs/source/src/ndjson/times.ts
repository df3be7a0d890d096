import { type LedgerTimes, ledgerBlock } from '@parquetry/core';
import { MessageReader } from '../message';
import { LineClassifier } from './classify';
import { everyLine } from './files/everyline';
import { listFiles } from './files/files';
import { messageOptions, type NdjsonOptions } from './options';

/** The request to `messageTimes`. */
export interface MessageTimesRequest {
  /** Paths and globs, separated by commas. */
  readonly spec: string;
  readonly options: NdjsonOptions;
  /** Message types; absent for all. */
  readonly types?: readonly string[];
  /** Folder of decompressed copies. */
  readonly workDir: string;
  readonly signal?: AbortSignal;
}

/**
 * The ledgers of NDJSON files and their close times, from one pass over the files. A ledger closed at the time of its
 * first message.
 * @throws ParquetryError SOURCE_NOT_FOUND, SOURCE_CORRUPT
 */
export async function messageTimes(request: MessageTimesRequest): Promise<LedgerTimes> {
  const { spec, options, types } = request;
  const reader = new MessageReader(messageOptions(options, options.schemas));
  const wanted = types === undefined ? undefined : new Set(types);
  const lines = new LineClassifier(reader, (dataset) => wanted?.has(dataset) !== false);
  const found = new Map<number, number | undefined>();
  for (const file of await listFiles(spec, options.assertFile))
    await everyLine(file, request, {
      line: (bytes, start, end) => {
        if (lines.classify(bytes, start, end) !== 'message' || found.get(reader.ledger) !== undefined) return;
        const timed = reader.readCloseTime(lines.tape) === undefined;
        found.set(reader.ledger, timed ? Number(reader.time.unixMicros()) / 1_000_000 : undefined);
      },
      tooLong: () => undefined,
    });
  const sorted = [...found].sort(([a], [b]) => a - b);
  const [first, last] = [sorted[0], sorted.at(-1)];
  const bounds = first === undefined || last === undefined ? undefined : { start: first[0], end: last[0] };
  const closes = sorted.flatMap(([ledger, closed]): [number, number][] =>
    closed === undefined ? [] : [[ledger, closed]],
  );
  return {
    name: `the source ndjson:${spec}`,
    bounds: () => Promise.resolve(bounds),
    read: () =>
      Promise.resolve(bounds === undefined || closes.length === 0 ? undefined : ledgerBlock(bounds, closes)),
  };
}
