import {
  allHandlersFinished,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { isLeaseRequest } from './contract/checks';
import {
  type Lease,
  type LimiterInput,
  type LimiterState,
  leaseGranted,
  leaseRelease,
  leaseRequest,
  limiterProgress,
} from './contract/lease';
import { cell, page } from './details';
import { assertInput } from './input';
import { Leases } from './leases';
import { inspect } from './steps';

const CHECK_MS = 60_000;
const GRANTS_PER_RUN = 500;
const IDLE_MS = 600_000;

/**
 * Limits the partitions of one archive that are at work, over all runs and workers. A workflow asks for a lease before
 * its pull and gives it back after its last commit. The lease belongs to the workflow, not to a worker: when a worker is
 * lost, the workflow continues elsewhere and still gives it back. Leases of workflows that were terminated are found.
 */
export async function limiter(input: LimiterInput): Promise<void> {
  assertInput('limiter', input);
  const leases = new Leases(input.carry);
  const { checkMs = CHECK_MS, idleMs = IDLE_MS, grantsPerRun = GRANTS_PER_RUN } = input;
  const show = (): void => setCurrentDetails(details(leases.state()));
  setHandler(
    leaseRequest,
    (request) => {
      if (isLeaseRequest(request)) leases.request(request);
      else log.warn('ignored a malformed request', { request });
      show();
    },
    { description: 'Internal: a workflow asks for a lease' },
  );
  setHandler(
    leaseRelease,
    (token) => {
      leases.release(token);
      show();
    },
    { description: 'Internal: a workflow gives its lease back' },
  );
  setHandler(limiterProgress, () => leases.state(), { description: 'Who has a lease, and who waits' });
  show();
  let checked = Date.now();
  for (let granted = 0; ;) {
    if (granted >= grantsPerRun || workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await makeContinueAsNewFunc<typeof limiter>()({ ...input, carry: leases.state() });
    }
    const next = leases.grant(Date.now());
    granted += next.length;
    show();
    await Promise.all(next.map((lease) => grant(leases, lease)));
    if (leases.ready) continue;
    if (leases.idle) {
      if (await condition(() => !leases.idle, idleMs)) continue;
      return;
    }
    const wait = checked + checkMs - Date.now();
    if (wait > 0 && (await condition(() => leases.ready || leases.idle, wait))) continue;
    await dropEnded(leases, checkMs);
    checked = Date.now();
  }
}

async function grant(leases: Leases, { holder, token }: Lease): Promise<void> {
  try {
    await getExternalWorkflowHandle(holder).signal(leaseGranted, token);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The workflow has ended.
    leases.release(token);
  }
}

/** Ends the leases of workflows that ended without a release: terminated, or timed out. */
async function dropEnded(leases: Leases, checkMs: number): Promise<void> {
  const old = leases.heldSince(Date.now() - checkMs);
  if (old.length === 0) return;
  const found = await inspect(old.map(({ holder }) => holder)).catch((error: unknown) => {
    if (isCancellation(error)) throw error;
    return {} as Record<string, string>;
  });
  for (const { holder, token } of old)
    if (found[holder] !== undefined && found[holder] !== 'RUNNING') leases.release(token);
}

function details({ limit, held, waiting }: LimiterState): string {
  const shown = held.slice(0, 20).map(({ holder }) => `- ${cell(holder)}`);
  return page([
    `At most ${limit} partitions of this archive at work: ${held.length} are, ${waiting.length} wait.`,
    ...(shown.length === 0 ? [] : ['', ...shown]),
    ...(held.length > shown.length ? [`- … and ${held.length - shown.length} more`] : []),
  ]);
}
