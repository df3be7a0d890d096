import { isParquetryError } from '@parquetry/core';
import type { RunData } from '@parquetry/report';
import { readInput } from '@parquetry/workflows';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { TemporalView } from './server';

/** Runs that are listed, newest first. */
const MAX_RUNS = 60;

/** Executions that are read to find them: a run that continues as new has several. */
const MAX_EXECUTIONS = 600;

/** First arguments of workflows by run id: they never change. */
export type InputCache = Map<string, unknown>;

/** The parts of the inputs of all workflows that tell what they work on. */
interface RunInput {
  readonly archive?: string;
  readonly range?: RunData['range'];
  readonly datasets?: readonly string[];
  readonly spec?: {
    readonly archive: string;
    readonly range?: RunData['range'];
    readonly types?: readonly string[];
  };
}

/** A run, and the archive that it writes to. */
export interface FoundRun {
  readonly archive: string;
  readonly run: RunData;
}

/** The newest runs of the namespace, each once. */
export async function findRuns(
  view: TemporalView,
  inputs: InputCache,
): Promise<{ readonly found: readonly FoundRun[]; readonly more: boolean }> {
  const newest = new Map<string, WorkflowExecutionInfo>();
  let executions = 0;
  let more = false;
  const query = 'WorkflowType IN ("backfill", "tail", "compact", "scheduled")';
  for await (const info of view.client.workflow.list({ query, pageSize: 100 })) {
    executions += 1;
    const known = newest.get(info.workflowId);
    more = executions > MAX_EXECUTIONS || (known === undefined && newest.size >= MAX_RUNS);
    if (more) break;
    if (known === undefined || known.startTime < info.startTime) newest.set(info.workflowId, info);
  }
  const found: FoundRun[] = [];
  let unreadable: unknown;
  for (const info of newest.values()) {
    const input = await inputOf(view, info, inputs).catch((error: unknown) => {
      unreadable = error;
      return skipUnreadable(error);
    });
    const { archive, spec, range, datasets } = input as RunInput;
    const ledgers = spec?.range ?? range;
    const types = spec?.types ?? datasets;
    const root = spec?.archive ?? archive;
    if (typeof root !== 'string') continue;
    found.push({
      archive: root,
      run: {
        id: info.workflowId,
        type: info.type,
        state: info.status.name.toLowerCase().replaceAll('_', ' '),
        ...(ledgers === undefined ? {} : { range: ledgers }),
        ...(types === undefined ? {} : { datasets: types }),
        started: info.startTime.toISOString(),
        seconds: secondsOf(info),
        parked: 0,
      },
    });
  }
  // One run with another key does not hide the rest; without any key the page says so.
  if (found.length === 0 && unreadable !== undefined) throw unreadable;
  return { found, more };
}

/** An empty input in place of one that this process can't decrypt. @throws all other errors */
export function skipUnreadable(error: unknown): object {
  if (isParquetryError(error) && error.code === 'PAYLOAD_UNREADABLE') return {};
  throw error;
}

/** The first argument of a workflow, from the first event of its history. */
export async function inputOf(
  { client, namespace }: TemporalView,
  { workflowId, runId }: Pick<WorkflowExecutionInfo, 'workflowId' | 'runId'>,
  inputs: InputCache,
): Promise<unknown> {
  const known = inputs.get(runId);
  if (known !== undefined) return known;
  const input = (await readInput(client.workflowService, namespace, { workflowId, runId })) ?? {};
  inputs.set(runId, input);
  return input;
}

/** How long a workflow ran, or has been running. */
export function secondsOf({
  startTime,
  closeTime,
}: Pick<WorkflowExecutionInfo, 'startTime' | 'closeTime'>): number {
  return Math.max(0, Math.round(((closeTime ?? new Date()).getTime() - startTime.getTime()) / 100) / 10);
}

/** Whether two texts name the same archive. */
export function sameArchive(a: string, b: string): boolean {
  const plain = (text: string): string => text.replace(/^file:\/\//, '').replace(/\/+$/, '');
  return plain(a) === plain(b);
}
