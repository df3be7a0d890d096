import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type LedgerTimes,
  type TimedRange,
  isLedgerUri,
  parsePoint,
  parseRanges,
  plainRange,
  resolvePoint,
  resolveRanges,
} from '@parquetry/core';
import type { RunSpec } from '@parquetry/workflows';
import { onInterrupt } from './interrupt';
import { type Noting, sayRanges } from './sayranges';

/** Milliseconds to wait for the close times of ranges that are written in numbers. */
const TIMES_MS = 5000;

/**
 * The ranges of `--ledgers` for a command that reads a source, sorted and merged. Prints them with their close times when
 * the source was read for them, or when `timed` asks for that: it costs more than the start of a short run.
 * @throws ParquetryError RANGE_INVALID, and the errors of the source when a range is not written in numbers
 */
export async function sourceRanges(
  spec: RunSpec,
  ledgers: string,
  output: Noting,
  { timed: asked = false }: { readonly timed?: boolean } = {},
): Promise<TimedRange[]> {
  const texts = parseRanges(ledgers);
  const resolve = (timed: boolean): Promise<TimedRange[]> =>
    withTimes(spec, (open) => resolveRanges(texts, open, { edges: 'refuse', timed }));
  if (texts.some((text) => plainRange(text) === undefined)) return sayRanges(await resolve(true), output);
  const known = await resolve(false);
  if (!asked || !isLedgerUri(spec.source.uri)) return known;
  // Only a worker may see the source, and it reports its faults.
  const timed = resolve(true).catch(() => known);
  const found = await Promise.race([timed, sleep(TIMES_MS, known, { ref: false })]);
  return found.some(({ closed }) => closed !== undefined) ? sayRanges(found, output) : found;
}

/**
 * The ledger of a point of a source, such as `latest-1000` or `@2025-07-13`, as the start or the end of a range.
 * @throws as `sourceRanges`
 */
export async function sourceLedger(
  spec: RunSpec,
  text: string,
  as: 'start' | 'end',
  output: Noting,
): Promise<number> {
  const ledger = await withTimes(spec, (open) => resolvePoint(parsePoint(text), text, as, open));
  output.note(`${text} is ledger ${ledger}.`);
  return ledger;
}

/** Runs with an opener of the source's close times; removes what that spooled. */
async function withTimes<T>(
  spec: RunSpec,
  use: (open: () => Promise<LedgerTimes>) => Promise<T>,
): Promise<T> {
  const interrupt = onInterrupt();
  const folders: string[] = [];
  const open = async (): Promise<LedgerTimes> => {
    const workDir = await mkdtemp(path.join(tmpdir(), 'parquetry-ledgers-'));
    folders.push(workDir);
    const { sourceTimes } = require('@parquetry/worker') as typeof import('@parquetry/worker');
    return sourceTimes(spec, { workDir, signal: interrupt.signal });
  };
  try {
    return await use(open);
  } finally {
    interrupt.dispose();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}
