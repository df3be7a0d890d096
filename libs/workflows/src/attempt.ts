import type { LedgerRange } from '@parquetry/core';
import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import type { PullResult } from './contract/activities';
import { EMPTY_TALLY, addTally, datasetTally } from './contract/tally';
import type { DatasetFailure, PartitionInput, Tally } from './contract/types';
import { describeFailure, isStageLost } from './failure';
import { pull, stageSteps } from './steps';

/** How often a lost stage is pulled again before the partition parks. */
const MAX_PULLS = 10;

/** Result of one attempt at a partition's datasets. */
export interface AttemptResult {
  readonly tally: Tally;
  readonly failures: readonly DatasetFailure[];
  /** What other writers did to the ledgers meanwhile, one sentence each. */
  readonly notes: readonly string[];
  /** Committed bytes of the dataset with the most bytes. */
  readonly largest: number;
}

/** Outcome of a dataset: committed, failed, or its stage was lost with a worker. */
type Outcome =
  | { readonly tally: Partial<Tally>; readonly overtaken?: Overtaken }
  | { readonly failure: DatasetFailure }
  | { readonly lost: string };

/** Another writer committed some of a dataset's ledgers first; `rest` has the others. */
interface Overtaken {
  readonly dataset: string;
  readonly note: string;
  readonly rest: readonly LedgerRange[];
}

/**
 * Pulls once, then runs register, write, verify and commit for every dataset. A failed dataset does not stop the
 * others. A lost stage is pulled again, for the datasets that still need it; so are the ledgers that another writer
 * left when it committed part of the range first.
 */
export async function attemptDatasets(
  input: PartitionInput,
  datasets: readonly string[],
  onStep: (dataset: string, step: string) => void,
): Promise<AttemptResult> {
  const failures: DatasetFailure[] = [];
  const notes: string[] = [];
  let tally = EMPTY_TALLY;
  let largest = 0;
  let pending = datasets;
  for (let pulls = 1; pending.length > 0; pulls++) {
    for (const dataset of pending) onStep(dataset, 'pull');
    let stage: PullResult;
    try {
      stage = await pull({
        archive: input.archive,
        plan: input.plan,
        task: { ...input.task, datasets: pending },
      });
    } catch (error) {
      if (isCancellation(error)) throw error;
      return {
        tally,
        failures: [...failures, ...pending.map((dataset) => describeFailure(error, dataset, 'pull'))],
        notes,
        largest,
      };
    }
    tally = addTally(tally, { bytesRead: stage.bytesRead });
    const outcomes = await runStage(input, stage, pending, onStep);
    const lost: string[] = [];
    for (const outcome of outcomes)
      if ('tally' in outcome) {
        tally = addTally(tally, outcome.tally);
        largest = Math.max(largest, outcome.tally.bytes ?? 0);
        const rest = await attemptRest(input, outcome.overtaken, onStep);
        tally = addTally(tally, rest.tally);
        failures.push(...rest.failures);
        notes.push(...rest.notes);
      } else if ('failure' in outcome) failures.push(outcome.failure);
      else if (pulls < MAX_PULLS) lost.push(outcome.lost);
      else
        failures.push({
          dataset: outcome.lost,
          step: 'pull',
          code: 'STAGE_LOST',
          message: `The stage was lost ${MAX_PULLS} times: no worker ran long enough.`,
        });
    pending = lost;
  }
  return { tally, failures, notes, largest };
}

/** Runs a separate attempt for each range that another writer left; each is smaller than the previous one. */
async function attemptRest(
  input: PartitionInput,
  overtaken: Overtaken | undefined,
  onStep: (dataset: string, step: string) => void,
): Promise<AttemptResult> {
  const failures: DatasetFailure[] = [];
  const notes = overtaken === undefined ? [] : [overtaken.note];
  let tally = EMPTY_TALLY;
  for (const range of overtaken?.rest ?? []) {
    const datasets = overtaken === undefined ? [] : [overtaken.dataset];
    const result = await attemptDatasets(
      { ...input, task: { ...input.task, range, datasets } },
      datasets,
      onStep,
    );
    tally = addTally(tally, result.tally);
    failures.push(
      ...result.failures.filter(({ dataset }) => failures.every((known) => known.dataset !== dataset)),
    );
    notes.push(...result.notes);
  }
  return { tally, failures, notes, largest: 0 };
}

async function runStage(
  input: PartitionInput,
  stage: PullResult,
  datasets: readonly string[],
  onStep: (dataset: string, step: string) => void,
): Promise<Outcome[]> {
  let clean = false;
  try {
    const outcomes = await Promise.all(datasets.map((dataset) => runDataset(input, stage, dataset, onStep)));
    clean = outcomes.every((outcome) => 'tally' in outcome);
    return outcomes;
  } finally {
    // Each commit removes its part of the stage; parts that failed or were cancelled are removed here.
    if (!clean)
      await CancellationScope.nonCancellable(() =>
        stageSteps(stage, 'stage', input.task.range).dropStage(stage.stageId),
      ).catch((error: unknown) => log.info('the stage could not be removed now', { error: String(error) }));
  }
}

async function runDataset(
  input: PartitionInput,
  stage: PullResult,
  dataset: string,
  onStep: (dataset: string, step: string) => void,
): Promise<Outcome> {
  const { archive, plan, task } = input;
  const steps = stageSteps(stage, dataset, task.range);
  const base = {
    archive,
    plan,
    stageId: stage.stageId,
    range: task.range,
    dataset,
    ...(task.reason === undefined ? {} : { reason: task.reason }),
  };
  let step = 'registerSchema';
  const enter = (name: string): void => onStep(dataset, (step = name));
  try {
    enter('registerSchema');
    const { version } = await steps.registerSchema(base);
    const input = { ...base, schemaVersion: version };
    enter('writeParquet');
    await steps.writeParquet(input);
    enter('verifyRowCounts');
    await steps.verifyRowCounts(input);
    enter('commit');
    const { outcome, files, rows, bytes, rejected, note = '', rest = [] } = await steps.commit(input);
    const tally = datasetTally(dataset, { files, rows, bytes, rejected });
    if (outcome === 'overtaken') {
      enter('committed by another writer');
      return { tally, overtaken: { dataset, note, rest } };
    }
    enter('committed');
    return { tally };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return isStageLost(error) ? { lost: dataset } : { failure: describeFailure(error, dataset, step) };
  }
}
