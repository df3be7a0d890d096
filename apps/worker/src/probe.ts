import { type LedgerTimes, ParquetryError, isLedgerUri, isProcessorUri } from '@parquetry/core';
import { MessageTail, messageTimes, openFeed } from '@parquetry/source';
import { messageSchemas } from '@parquetry/stellar';
import type { RunSpec } from '@parquetry/workflows';
import { checkSource, messageFiles, messageOptions } from './sources';

/** What a source has. */
export interface SourceProbe {
  /** Undefined for an empty source. */
  readonly first?: number;
  readonly last?: number;
  /** False when the time was too short to read all messages: there may be ledgers outside `first` and `last`. */
  readonly complete: boolean;
}

/**
 * The first and the last ledger of a source: of a lake or a node from its listing, of message files by reading them
 * until `deadline` (Unix milliseconds). Undefined for a processor, which can't be asked.
 * @throws as `checkSource`
 */
export async function probeSource(
  spec: RunSpec,
  options: { readonly workDir: string; readonly deadline: number; readonly signal: AbortSignal },
): Promise<SourceProbe | undefined> {
  await checkSource(spec);
  const { uri } = spec.source;
  if (isProcessorUri(uri)) return undefined;
  if (isLedgerUri(uri)) {
    const feed = await openFeed(uri, undefined, options.signal);
    return edges(await feed.first(options.signal), await feed.tip(options.signal), true);
  }
  const tail = new MessageTail(messageFiles(spec), {
    cursor: 1,
    lag: 0,
    datasets: [],
    workDir: options.workDir,
    messages: messageOptions(spec, messageSchemas),
  });
  let view = await tail.look(options.signal);
  while (view.more && Date.now() < options.deadline) view = await tail.look(options.signal);
  return edges(view.facts[0]?.ledger, view.facts.at(-1)?.ledger, !view.more);
}

/**
 * The ledgers of a source with their close times: of a lake or a node with few reads, of message files by reading them
 * once. @throws ParquetryError RANGE_INVALID for a processor, which can't be asked; as `checkSource`
 */
export async function sourceTimes(
  spec: RunSpec,
  options: { readonly workDir: string; readonly signal: AbortSignal },
): Promise<LedgerTimes> {
  const { uri } = spec.source;
  if (isProcessorUri(uri))
    throw new ParquetryError(
      'RANGE_INVALID',
      `The source ${uri} can't be asked for times or its newest ledger.`,
      {
        hint: 'Give --ledgers in numbers, such as 426000-426100.',
      },
    );
  if (isLedgerUri(uri)) return (await openFeed(uri, undefined, options.signal)).times(options.signal);
  await checkSource(spec);
  return messageTimes({
    ...options,
    spec: messageFiles(spec),
    options: messageOptions(spec, messageSchemas),
    ...(spec.types === undefined ? {} : { types: spec.types }),
  });
}

function edges(first: number | undefined, last: number | undefined, complete: boolean): SourceProbe {
  return first === undefined || last === undefined ? { complete } : { first, last, complete };
}
