import { formatRange } from '@parquetry/core';

/** What traces and logs say about a step or a workflow: names and counts, never a value of a row. */
export type StepFacts = Readonly<Record<string, string | number | boolean>>;

/** Most dataset names that are listed. */
const NAMED = 20;

/**
 * Facts from the first argument of a step or a workflow. Never throws: a client may send any input, and an error here
 * would be no failure of the workflow, but of its task, which Temporal retries for ever.
 */
export function inputFacts(input: unknown): StepFacts {
  const { spec, task, group, ...own } = objectOf(input);
  const { archive, dataset, datasets, range }: Readonly<Record<string, unknown>> = {
    ...objectOf(spec),
    ...objectOf(group),
    ...objectOf(task),
    ...own,
  };
  const { start, end } = objectOf(range);
  return {
    ...(typeof archive === 'string' ? { archive } : {}),
    ...(typeof start === 'number' && typeof end === 'number' ? { ledgers: formatRange({ start, end }) } : {}),
    ...(typeof dataset === 'string' ? { dataset } : {}),
    ...(Array.isArray(datasets) ? { datasets: datasets.filter(isText).slice(0, NAMED).join(', ') } : {}),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Counts and outcomes that results have. */
const COUNTS = ['outcome', 'kind', 'rows', 'files', 'bytes', 'bytesRead', 'rejected', 'version', 'messages'];

/** Facts from the result of a step or a workflow. */
export function resultFacts(result: unknown): StepFacts {
  const { tally, datasets, ...own } = objectOf(result);
  const all: Record<string, unknown> = { ...objectOf(tally), ...own };
  // A pull counts by dataset.
  if (Array.isArray(datasets) && all['rows'] === undefined)
    all['rows'] = datasets.reduce((sum: number, each) => sum + Number(objectOf(each)['rows'] ?? 0), 0);
  return Object.fromEntries(
    COUNTS.flatMap((name) => {
      const value = all[name];
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

/** The run that a workflow belongs to, and its partition if it is one: the parts of its id. */
export function partsOfId(workflowId: string): { readonly run: string; readonly partition?: string } {
  const [run = workflowId, partition] = workflowId.split('/p/');
  return { run, ...(partition === undefined ? {} : { partition }) };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
