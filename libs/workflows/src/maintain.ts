import { MAINTAIN_STEPS } from '@parquetry/core';
import {
  ApplicationFailure,
  CancellationScope,
  type ChildWorkflowFailure,
  ParentClosePolicy,
  executeChild,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { compact } from './compact';
import type { CompactTotals } from './contract/compact';
import {
  type AuditSummary,
  type MaintainInput,
  type MaintainReport,
  type MaintainStep,
  type RejectsSummary,
  type StepOutcome,
  maintainProgress,
} from './contract/maintain';
import { ATTRIBUTES } from './contract/names';
import { describeFailure } from './failure';
import { assertInput } from './input';
import { auditCommands, command, maintainDetails, megabytes, plural } from './maintaindetails';
import { auditAll, collectGarbage, reportRejects, tidyLogs } from './steps';

/** What a step returns; the rest of its outcome is the same for all. */
type Done = Pick<StepOutcome, 'summary' | 'commands' | 'failure'> & { readonly attention?: boolean };

/**
 * Keeps an archive healthy: merges small segments, checkpoints and cleans up the commit logs, removes unused files,
 * checks what is committed, and reports new rejects. When a step fails, the others still run. The workflow fails at its
 * end if a step failed or found a fault, so that a person sees it; its details say which commands to run.
 */
export async function maintain(input: MaintainInput): Promise<MaintainReport> {
  assertInput('maintain', input);
  const { archive, skip = [] } = input;
  const outcomes = new Map<MaintainStep, StepOutcome>(
    MAINTAIN_STEPS.map((step) => [step, { step, outcome: 'waiting', summary: '' }]),
  );
  let found: AuditSummary | undefined;
  let rejects: RejectsSummary | undefined;
  const report = (): MaintainReport => ({
    kind: 'maintain',
    archive,
    steps: [...outcomes.values()],
    findings: found?.findings ?? [],
    rejects: rejects?.reasons ?? [],
  });
  const note = (outcome: StepOutcome): void => {
    outcomes.set(outcome.step, outcome);
    setCurrentDetails(maintainDetails(report()));
  };
  setHandler(maintainProgress, report, { description: 'Progress of the maintenance run' });
  const work: Readonly<Record<MaintainStep, () => Promise<Done>>> = {
    compact: () => compactStep(input),
    log: () => logStep(input),
    gc: () => gcStep(input),
    audit: async () => {
      found = await auditAll({ ...scope(input), ...shareOf(input) });
      return audited(input, found);
    },
    rejects: async () => {
      const { workflowId, runId } = workflowInfo();
      rejects = await reportRejects({ ...scope(input), run: `${workflowId}/${runId}` });
      return { summary: rejectsText(rejects) };
    },
  };
  for (const step of MAINTAIN_STEPS) {
    if (skip.includes(step)) {
      note({ step, outcome: 'skipped', summary: '' });
      continue;
    }
    note({ step, outcome: 'running', summary: '' });
    try {
      const { attention, ...done } = await work[step]();
      const outcome = done.failure !== undefined ? 'failed' : attention === true ? 'attention' : 'done';
      note({ step, outcome, ...done });
    } catch (error) {
      if (isCancellation(error) && endsRun()) throw error;
      const failure = describeFailure(error, '', step);
      const commands = [`parquetry help ${failure.code}`, command('maintain', archive)];
      note({ step, outcome: 'failed', summary: failure.message, failure, commands });
    }
  }
  const bad = [...outcomes.values()].filter(({ outcome }) => outcome === 'failed' || outcome === 'attention');
  if (bad.length > 0) throw needsPerson(report(), bad);
  return report();
}

/**
 * Whether a cancellation is that of this run. Otherwise a person cancelled the compaction alone. Earlier versions ended in
 * both cases; their histories have no marker of this patch.
 */
function endsRun(): boolean {
  return CancellationScope.current().consideredCancelled || !patched('steps-after-cancelled-compaction');
}

function scope({ archive, datasets }: MaintainInput): Pick<MaintainInput, 'archive' | 'datasets'> {
  return { archive, ...(datasets === undefined ? {} : { datasets }) };
}

/** The compaction is a workflow of its own: it reports its failures at its end, and its groups one by one. */
async function compactStep(input: MaintainInput): Promise<Done> {
  const { settledMs, ...settings } = input.compact;
  const { workflowId } = workflowInfo();
  const id = `${workflowId}/compact`;
  const text = ({ segments, groups, filesBefore, filesAfter }: CompactTotals): string =>
    groups === 0
      ? 'nothing to merge'
      : `${segments} segments became ${groups}, ${filesBefore} files became ${filesAfter}`;
  try {
    const done = await executeChild(compact, {
      workflowId: id,
      args: [{ ...scope(input), ...settings, before: Date.now() - settledMs }],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: 'compaction of a maintenance run',
      typedSearchAttributes: [{ key: ATTRIBUTES.run, value: workflowId }],
    });
    return { summary: `${text(done)}${done.limited === true ? '; the next run continues' : ''}` };
  } catch (error) {
    const { cause } = error as ChildWorkflowFailure;
    const totals = cause instanceof ApplicationFailure && (cause.details?.[0] as CompactTotals | undefined);
    if (!totals) throw error;
    const failure = describeFailure(cause, '', 'compact');
    return {
      summary: `${text(totals)}; ${plural(totals.failed, 'range')} failed`,
      failure,
      commands: [`parquetry help ${failure.code}`, command('compact', input.archive)],
    };
  }
}

async function logStep(input: MaintainInput): Promise<Done> {
  const done = await tidyLogs({ ...scope(input), retentionMs: input.logRetentionMs });
  const { written, commits, checkpoints, bytes, kept } = done;
  const parts = [
    ...(written > 0 ? [`${plural(written, 'checkpoint')} written`] : []),
    ...(commits + checkpoints > 0
      ? [
          `${plural(commits, 'old commit')} and ${plural(checkpoints, 'old checkpoint')} removed, ${megabytes(bytes)}`,
        ]
      : []),
    ...kept.map((reason) => `kept: ${reason}`),
  ];
  return { summary: parts.join('; ') || 'nothing to clean up' };
}

async function gcStep({ archive, graceMs }: MaintainInput): Promise<Done> {
  const { removed, bytes, young } = await collectGarbage({ archive, graceMs });
  const left = young > 0 ? `; ${plural(young, 'unused file')} still too young` : '';
  return {
    summary:
      removed > 0
        ? `${plural(removed, 'file')} removed, ${megabytes(bytes)}${left}`
        : `nothing removed${left}`,
  };
}

function audited({ archive }: MaintainInput, found: AuditSummary): Done {
  const { faults, files, rows, deep, pending, findings } = found;
  const summary = [
    `${plural(files, 'file')}, ${plural(rows, 'row')}`,
    ...(deep > 0 ? [`every value of ${plural(deep, 'file')} read`] : []),
    ...(pending > 0 ? [`${plural(pending, 'gap')} that running runs will fill`] : []),
    faults === 0 ? 'no faults' : plural(faults, 'fault'),
  ].join('; ');
  return faults === 0
    ? { summary }
    : { summary, attention: true, commands: auditCommands(archive, findings) };
}

/** The files to read in this run: the next run reads the next share. */
function shareOf({ deep }: MaintainInput): {
  readonly share?: { readonly part: number; readonly of: number };
} {
  if (deep === undefined) return {};
  const turn = Math.floor(workflowInfo().startTime.getTime() / deep.everyMs);
  return { share: { part: turn % deep.runs, of: deep.runs } };
}

function rejectsText({ since, total, unread, filesLeft = 0 }: RejectsSummary): string {
  return [
    `${plural(total, 'new reject')}${since === undefined ? '' : ` since ${new Date(since).toISOString()}`}`,
    ...(unread > 0 ? [`${unread} of them in files that were not read`] : []),
    ...(filesLeft > 0 ? [`${plural(filesLeft, 'more file')} of rejects for the next run`] : []),
  ].join('; ');
}

function needsPerson(report: MaintainReport, bad: readonly StepOutcome[]): ApplicationFailure {
  const text = bad.map(({ step, summary }) => `${step}: ${summary}`).join('; ');
  const hint = [...new Set(bad.flatMap(({ commands = [] }) => commands))].join('\n');
  return ApplicationFailure.nonRetryable(text.slice(0, 2000).replace(/\.?$/, '.'), 'MAINTENANCE_FAILED', {
    ...report,
    hint,
  });
}
