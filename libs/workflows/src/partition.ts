import { formatRange, rangeLength } from '@parquetry/core';
import {
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { attemptDatasets } from './attempt';
import { partitionReport, retry, skip } from './contract/messages';
import { ATTRIBUTES } from './contract/names';
import { EMPTY_TALLY, addTally } from './contract/tally';
import type { PartitionInput, PartitionReport, PartitionResult } from './contract/types';
import { parkedDetails, runningDetails } from './details';
import { failureLine, joinFailures } from './failuretext';
import { assertInput } from './input';
import { withLease } from './lease';
import { Parking } from './parking';
import { noteParked } from './parknote';

/**
 * Processes one ledger range: pulls once, then registers, writes, verifies and commits each dataset. A failed partition
 * parks: the workflow stays Running, shows the reason, and waits for `retry` (only what failed) or `skip`.
 */
export async function partition(input: PartitionInput): Promise<PartitionResult> {
  assertInput('partition', input);
  const { plan, task } = input;
  const tell = (report: Omit<PartitionReport, 'key' | 'plan'>): Promise<void> =>
    reportToRun({ key: task.key, plan, ...report });
  const parking = new Parking();
  setHandler(retry, () => parking.ask('retry'), {
    description: 'Run the failed datasets of this parked partition again',
  });
  setHandler(skip, () => parking.ask('skip'), {
    description: 'Give this parked partition up: its ledgers remain a gap that `parquetry verify` reports',
  });

  // The UI's "Start Workflow Like This One" copies the attributes of a parked partition too.
  if (workflowInfo().typedSearchAttributes.get(ATTRIBUTES.state) !== undefined)
    upsertSearchAttributes([{ key: ATTRIBUTES.state, value: null }]);

  let pending = task.datasets;
  let tally = EMPTY_TALLY;
  const notes: string[] = [];
  for (;;) {
    const steps = new Map(pending.map((dataset) => [dataset, 'waiting']));
    const onStep = (dataset: string, step: string): void => {
      steps.set(dataset, step);
      setCurrentDetails(runningDetails(task.range, steps));
    };
    const result = await withLease(
      input,
      (why) => pending.forEach((dataset) => onStep(dataset, why)),
      () => attemptDatasets(input, pending, onStep),
    );
    tally = addTally(tally, result.tally);
    notes.push(...result.notes);
    const { failures } = result;
    if (failures.length === 0) {
      tally = addTally(tally, { ledgers: rangeLength(task.range) });
      await tell({ outcome: 'done', tally, ...(notes.length === 0 ? {} : { notes }) });
      return { outcome: 'done', tally };
    }
    pending = failures.map((failure) => failure.dataset);
    const reason = joinFailures(failures).map(failureLine).join('; ').slice(0, 400);
    if (input.onFailure === 'fail') {
      await tell({ outcome: 'failed', reason });
      throw ApplicationFailure.nonRetryable(
        `Ledgers ${formatRange(task.range)}: ${reason}`,
        failures[0]?.code,
        { failures },
      );
    }
    parking.park();
    upsertSearchAttributes([{ key: ATTRIBUTES.state, value: 'Parked' }]);
    setCurrentDetails(parkedDetails(task.range, failures, runOf()));
    noteParked({ ledgers: formatRange(task.range), failures });
    await tell({ outcome: 'parked', reason });
    await condition(() => parking.wanted !== undefined);
    parking.leave();
    upsertSearchAttributes([{ key: ATTRIBUTES.state, value: null }]);
    if (parking.wanted === 'skip') {
      setCurrentDetails(
        `Skipped by a person. Ledgers ${formatRange(task.range)} of ${pending.join(', ')} remain a gap.`,
      );
      await tell({ outcome: 'skipped' });
      return { outcome: 'skipped', tally };
    }
    await tell({ outcome: 'resumed' });
  }
}

// A partition ends on the build that it started on. The other workflows take the worker's default: they move to the
// current build. The server refuses a behavior from a worker without a deployment.
setWorkflowOptions(
  () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'PINNED' } : {}),
  partition,
);

/** The run of this partition. One that was started by hand has it in its search attributes. */
function runOf(): string | undefined {
  const { parent, typedSearchAttributes } = workflowInfo();
  return parent?.workflowId ?? typedSearchAttributes.get(ATTRIBUTES.run);
}

/** Reports to the run by its workflow id, which also works after a continue-as-new. */
async function reportToRun(report: PartitionReport): Promise<void> {
  const run = runOf();
  if (run === undefined) return;
  try {
    await getExternalWorkflowHandle(run).signal(partitionReport, report);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.info('the run has ended; the report was dropped', { run, outcome: report.outcome });
  }
}
