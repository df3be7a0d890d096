import { isLedgerUri, isProcessorUri } from '@parquetry/core';
import { MessageTail, openFeed } from '@parquetry/source';
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

function edges(first: number | undefined, last: number | undefined, complete: boolean): SourceProbe {
  return first === undefined || last === undefined ? { complete } : { first, last, complete };
}
