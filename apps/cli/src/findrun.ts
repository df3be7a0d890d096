import { ParquetryError, formatRange } from '@parquetry/core';
import { type RunFilter, listRuns } from './runlist';
import { type Session, isNoWorkflow } from './session';

/** Candidates that an error lists. */
const MOST = 10;

/**
 * The id of the run that a person means: the given id, the only run whose id begins with it, or without it the only run.
 * @throws ParquetryError USAGE when there is none or more than one
 */
export async function findRun(
  session: Session,
  given: string | undefined,
  filter: Omit<RunFilter, 'prefix'>,
): Promise<string> {
  if (given !== undefined && (await exists(session, given))) return given;
  const found = await listRuns(session, { ...filter, ...(given === undefined ? {} : { prefix: given }) });
  const [only] = found;
  if (found.length === 1 && only !== undefined) return only.workflowId;
  throw found.length === 0 ? noRun(session, given, filter) : ambiguous(given, found, filter);
}

async function exists({ client }: Session, id: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(id).describe();
    return true;
  } catch (error) {
    if (!isNoWorkflow(error)) throw error;
    return false;
  }
}

function noRun(
  { embedded }: Session,
  given: string | undefined,
  { running, types }: RunFilter,
): ParquetryError {
  const kind = `${running === true ? 'running ' : ''}${types?.join(' or ') ?? 'run'}`;
  return new ParquetryError(
    'USAGE',
    given === undefined ? `There is no ${kind}.` : `There is no ${kind} "${given}".`,
    {
      details: { ...(given === undefined ? {} : { run: given }) },
      hint:
        '`parquetry runs` lists the runs' +
        (embedded ? ' of this folder; another folder has its own.' : ' of this namespace.'),
    },
  );
}

function ambiguous(
  given: string | undefined,
  found: Awaited<ReturnType<typeof listRuns>>,
  { running }: RunFilter,
): ParquetryError {
  const listed = found.slice(0, MOST).map(({ workflowId, type, status, range }) => {
    const ledgers = range === undefined ? '' : `, ledgers ${formatRange(range)}`;
    return `  ${workflowId} (${type}, ${status.toLowerCase()}${ledgers})`;
  });
  const more = found.length - listed.length;
  return new ParquetryError(
    'USAGE',
    given === undefined
      ? `${running === true ? `${found.length} runs are running` : `There are ${found.length} runs`}.`
      : `"${given}" is the beginning of ${found.length} runs.`,
    {
      details: { candidates: found.map(({ workflowId }) => workflowId) },
      hint: [
        'Name one of them; the first characters are enough:',
        ...listed,
        ...(more > 0 ? [`  and ${more} more`] : []),
      ].join('\n'),
    },
  );
}
