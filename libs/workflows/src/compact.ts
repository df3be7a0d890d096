import { formatRange } from '@parquetry/core';
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
  type CompactFailure,
  type CompactGroup,
  type CompactInput,
  type CompactProgress,
  type CompactTotals,
  compactProgress,
} from './contract/compact';
import type { DatasetFailure } from './contract/types';
import { cell, page } from './details';
import { describeFailure, isStageLost } from './failure';
import { failureLine } from './failuretext';
import { assertInput } from './input';
import { findSegments, mergeSegments, stageSteps } from './steps';

/** Groups of a page. */
const PAGE = 40;
/** Segments per page: an id has about 55 bytes, and Temporal accepts 2 MB. */
const SEGMENTS = 10_000;
const AT_ONCE = 2;
const MAX_LOST = 10;
/** Failed groups that a compaction lists; the others are only counted. */
const MAX_NAMED = 100;
/** Failed groups in its details and its error. */
const MAX_SHOWN = 10;
const EMPTY: CompactCarry = {
  ...{ groups: 0, segments: 0, filesBefore: 0, filesAfter: 0, rows: 0 },
  failed: 0,
  failures: [],
};

/**
 * Merges small segments into large ones. Each group is one Delta commit that adds the new files and removes the old
 * ones, so readers of the log see either. All groups are tried, one page per run of the workflow; failed groups fail
 * the workflow at its end.
 */
export async function compact(given: CompactInput): Promise<CompactProgress> {
  assertInput('compact', given);
  const { carry, ...input } = given;
  const { after, ...before } = carry ?? EMPTY;
  let { again = false, ...done } = before;
  const progress = (): CompactProgress => ({ kind: 'compact', ...done });
  const show = (): void => setCurrentDetails(details(progress()));
  setHandler(compactProgress, progress, { description: 'Progress of the compaction' });
  show();
  const { groups, next } = await findSegments({
    input,
    ...(after === undefined ? {} : { after }),
    groups: Math.min(PAGE, input.limit === undefined ? PAGE : input.limit - done.groups),
    segments: SEGMENTS,
  });
  const queue = [...groups];
  const work = async (): Promise<void> => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
      const result = await compactGroup(input, group);
      if ('failure' in result) {
        const failures = [...done.failures, { ...result.failure, range: group.range }].slice(0, MAX_NAMED);
        done = { ...done, failed: done.failed + 1, failures };
      } else {
        again ||= group.part === true;
        done = {
          ...done,
          groups: done.groups + 1,
          segments: done.segments + group.segments.length,
          filesBefore: done.filesBefore + group.files,
          filesAfter: done.filesAfter + result.files,
          rows: done.rows + result.rows,
        };
      }
      show();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const limited = input.limit !== undefined && done.groups >= input.limit && (next !== undefined || again);
  if (limited) {
    if (done.failed > 0) throw failure(done);
    return { ...progress(), limited };
  }
  const goOn = makeContinueAsNewFunc<typeof compact>();
  if (next !== undefined) await goOn({ ...input, carry: { ...done, after: next, again } });
  // Parts became adjacent segments, which the next pass merges. Each pass has far fewer groups; failed ones are retried
  // once.
  if (again) await goOn({ ...input, carry: { ...done, failed: 0, failures: [] } });
  if (done.failed > 0) throw failure(done);
  return progress();
}

function failure({ failed: count, failures, ...done }: CompactTotals): ApplicationFailure {
  const [first] = failures;
  const lines = failures.slice(0, MAX_SHOWN).map(lineOf);
  if (count > lines.length) lines.push(`and ${count - lines.length} more`);
  return ApplicationFailure.nonRetryable(
    `${count} ranges could not be compacted; ${lines.join('; ')}`,
    first?.code ?? 'INTERNAL',
    { ...done, failed: count, failures, ...(first?.hint === undefined ? {} : { hint: first.hint }) },
  );
}

function lineOf(failure: CompactFailure): string {
  return `${formatRange(failure.range)} ${failureLine(failure)}`;
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
      const { plan, stageId, schemaVersion } = merged;
      const steps = stageSteps(merged, dataset, range);
      leave = () => CancellationScope.nonCancellable(() => steps.dropStage(stageId)).catch(() => undefined);
      const base = {
        ...{ archive: input.archive, plan, stageId, range, dataset, schemaVersion },
        compaction: group.segments,
      };
      step = 'verifyRowCounts';
      await steps.verifyRowCounts(base);
      step = 'commit';
      const { outcome, files, rows } = await steps.commit(base);
      if (outcome === 'overtaken')
        throw ApplicationFailure.nonRetryable(
          'A worker of an earlier version replaced nothing.',
          'COMMIT_CONFLICT',
        );
      return { files, rows };
    } catch (error) {
      await leave();
      if (isCancellation(error)) throw error;
      if (isStageLost(error) && tries < MAX_LOST) continue;
      return { failure: describeFailure(error, dataset, step) };
    }
  }
}

function details({
  groups,
  segments,
  filesBefore,
  filesAfter,
  rows,
  failed,
  failures,
}: CompactProgress): string {
  const shown = failures.slice(0, MAX_SHOWN).map((failure) => `- ${cell(lineOf(failure), 160)}`);
  return page([
    `Compaction ${workflowInfo().workflowId}`,
    '',
    '| groups | segments before | files before | files after | rows | failed |',
    '|---|---|---|---|---|---|',
    `| ${groups} | ${segments} | ${filesBefore} | ${filesAfter} | ${rows} | ${failed} |`,
    ...(failed === 0 ? [] : ['', 'These ranges were not changed; the others continue:', '', ...shown]),
    ...(failed > shown.length ? [`- … and ${failed - shown.length} more`] : []),
  ]);
}
