import { type LedgerRange, formatRange } from '@parquetry/core';
import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type CompactCarry,
  type CompactGroup,
  type CompactInput,
  type CompactProgress,
  compactProgress,
} from './contract/compact';
import type { DatasetFailure } from './contract/types';
import { cell } from './details';
import { describeFailure, failureLine, isStageLost } from './failure';
import { findSegments, mergeSegments, stageSteps } from './steps';

const PAGE = 40;
const AT_ONCE = 2;
const MAX_LOST = 10;
const EMPTY: CompactCarry = { groups: 0, segments: 0, filesBefore: 0, filesAfter: 0, rows: 0 };

/**
 * Makes few large segments of many small ones. Each group is one Delta commit that adds the new files and removes the
 * old ones, so readers of the log see one or the other. All groups are tried; what failed fails the workflow at its end.
 */
export async function compact(input: CompactInput): Promise<CompactProgress> {
  let done: CompactCarry = input.carry ?? EMPTY;
  const failures: (DatasetFailure & { range: LedgerRange })[] = [];
  const progress = (): CompactProgress => ({ kind: 'compact', ...done, failures });
  setHandler(compactProgress, progress, { description: 'What the compaction did so far' });
  for (;;) {
    setCurrentDetails(details(progress()));
    const groups = await findSegments({ ...input, limit: PAGE });
    const queue = [...groups];
    const work = async (): Promise<void> => {
      for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
        const result = await compactGroup(input, group);
        if ('failure' in result) failures.push({ ...result.failure, range: group.range });
        else
          done = {
            groups: done.groups + 1,
            segments: done.segments + group.segments.length,
            filesBefore: done.filesBefore + group.files,
            filesAfter: done.filesAfter + result.files,
            rows: done.rows + result.rows,
          };
        setCurrentDetails(details(progress()));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (failures.length > 0)
      throw ApplicationFailure.nonRetryable(
        `${failures.length} ranges could not be compacted; ${failures.map(failureLine)[0] ?? ''}`,
        failures[0]?.code ?? 'INTERNAL',
        { failures, ...done },
      );
    if (groups.length < PAGE) return progress();
    await makeContinueAsNewFunc<typeof compact>()({ ...input, carry: done });
  }
}

type Outcome = { readonly files: number; readonly rows: number } | { readonly failure: DatasetFailure };

async function compactGroup(input: CompactInput, group: CompactGroup): Promise<Outcome> {
  const { dataset, range } = group;
  for (let tries = 1; ; tries++) {
    let step = 'mergeSegments';
    let leave = async (): Promise<unknown> => undefined;
    try {
      const merged = await mergeSegments({ input, group });
      if (merged.kind === 'done') return { files: 0, rows: 0 };
      const { plan, stageId, queue, schemaVersion } = merged;
      const steps = stageSteps(queue, dataset, range);
      leave = () => CancellationScope.nonCancellable(() => steps.dropStage(stageId)).catch(() => undefined);
      const base = { archive: input.archive, plan, stageId, range, dataset, schemaVersion, compaction: true };
      step = 'verifyRowCounts';
      await steps.verifyRowCounts(base);
      step = 'commit';
      const { files, rows } = await steps.commit(base);
      return { files, rows };
    } catch (error) {
      await leave();
      if (isCancellation(error)) throw error;
      if (isStageLost(error) && tries < MAX_LOST) continue;
      return { failure: describeFailure(error, dataset, step) };
    }
  }
}

function details({ groups, segments, filesBefore, filesAfter, rows, failures }: CompactProgress): string {
  return [
    `Compaction ${workflowInfo().workflowId}`,
    '',
    '| groups | segments before | files before | files after | rows | failed |',
    '|---|---|---|---|---|---|',
    `| ${groups} | ${segments} | ${filesBefore} | ${filesAfter} | ${rows} | ${failures.length} |`,
    ...failures.map((failure) => `- ${formatRange(failure.range)} ${cell(failureLine(failure))}`),
  ].join('\n');
}
