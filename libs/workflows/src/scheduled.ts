import { formatRange } from '@parquetry/core';
import { makeContinueAsNewFunc, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { backfill } from './backfill';
import { ATTRIBUTES } from './contract/names';
import type { NothingToDo, ScheduledInput } from './contract/schedule';
import { assertInput } from './input';
import { resolveRange } from './steps';

/**
 * Started by a schedule: finds the next range and continues as a backfill of it, under the same workflow id. The
 * schedule follows it, so overlap policy and pause-on-failure apply to the whole run.
 */
export async function scheduled(input: ScheduledInput): Promise<NothingToDo> {
  assertInput('scheduled', input);
  const { range, tip } = await resolveRange(input);
  if (range === undefined) {
    setCurrentDetails(`Nothing to do: the source is at ledger ${tip ?? '–'}, lag ${input.lag}.`);
    return { range: null, tip: tip ?? null };
  }
  setCurrentDetails(`Backfill of ledgers ${formatRange(range)}`);
  const { spec, lag: _, maxLedgers: __, from: ___, ...rest } = input;
  return makeContinueAsNewFunc<typeof backfill>({
    workflowType: 'backfill',
    typedSearchAttributes: [
      { key: ATTRIBUTES.run, value: workflowInfo().workflowId },
      { key: ATTRIBUTES.ledgerStart, value: range.start },
      { key: ATTRIBUTES.ledgerEnd, value: range.end },
      ...(spec.types === undefined ? [] : [{ key: ATTRIBUTES.datasets, value: [...spec.types] }]),
      ...(spec.network === undefined ? [] : [{ key: ATTRIBUTES.network, value: spec.network }]),
    ],
  })({ ...rest, spec: { ...spec, range } });
}
