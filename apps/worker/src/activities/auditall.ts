import { createHash } from 'node:crypto';
import { type Archive, type LiveFile, parseDataset } from '@parquetry/archive';
import { type AuditFinding, type DatasetAudit, auditArchive } from '@parquetry/audit';
import {
  type Intervals,
  type LedgerRange,
  MAX_LEDGER,
  isParquetryError,
  mergeIntervals,
  subtractIntervals,
} from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import { ATTRIBUTES, type AuditSummary, type FileShare, type MaintainActivities } from '@parquetry/workflows';
import { Context } from '@temporalio/activity';
import { decodeAlone } from '../decoding';
import type { WorkerDeps } from '../deps';
import { readableInput } from '../readableinput';
import { withHeartbeat } from '../heartbeat';
import { deepShare } from './deepshare';

/** Faults that the summary lists. */
const MAX_FINDINGS = 50;

/** See `MaintainActivities.auditAll`. */
export function auditAll(
  deps: Pick<WorkerDeps, 'archives' | 'client' | 'verifyAlone' | 'writer'>,
  { archive: root, datasets, share }: Parameters<MaintainActivities['auditAll']>[0],
): Promise<AuditSummary> {
  return withHeartbeat(async (signal, report) => {
    const archive = await deps.archives.get(root);
    const scope = datasets === undefined ? {} : { datasets };
    const { workflowExecution } = Context.current().info;
    const run = `${workflowExecution?.workflowId}/${workflowExecution?.runId}`;
    const turn = share === undefined ? undefined : await deepShare(archive, { run, first: share, ...scope });
    const sums = { datasets: 0, files: 0, rows: 0, bytes: 0, deep: 0, pending: 0, faults: 0 };
    const findings: AuditSummary['findings'][number][] = [];
    const deep = turn === undefined ? undefined : (file: LiveFile): boolean => isIn(turn.share, file.path);
    const options = {
      level: 'size',
      ...(deep === undefined ? {} : { deep }),
      within: <T>(check: () => Promise<T>) => decodeAlone(deps, signal, check),
      onProgress: (progress: object) => {
        report(progress);
        signal.throwIfAborted();
      },
    } as const;
    for await (const audit of auditArchive(archive, { ...options, ...scope })) {
      sums.datasets += 1;
      sums.files += audit.files;
      sums.rows += audit.rows;
      sums.bytes += audit.bytes;
      if (deep !== undefined) sums.deep += (await archive.dataset(audit.dataset).files()).filter(deep).length;
      const faults = await lasting(archive, audit, options);
      const running = faults.some(isGap) ? await runningRanges(deps.client, archive, audit) : [];
      for (const { code, dataset, range, message } of faults) {
        if (
          code === 'COVERAGE_GAP' &&
          range !== undefined &&
          subtractIntervals(range, running).length === 0
        ) {
          sums.pending += 1;
          continue;
        }
        sums.faults += 1;
        if (findings.length < MAX_FINDINGS)
          findings.push({ code, dataset, message, ...(range === undefined ? {} : { range }) });
      }
    }
    await turn?.done();
    return { ...sums, findings };
  });
}

/** Whether a file belongs to a share: by its path, so that the shares do not depend on other files. */
export function isIn({ part, of }: FileShare, path: string): boolean {
  return createHash('sha256').update(path).digest().readUInt32BE(0) % of === part;
}

/** The faults of an audit that a second one finds too: meanwhile a run may have replaced files or filled gaps. */
async function lasting(
  archive: Archive,
  { dataset, findings }: DatasetAudit,
  options: Omit<Parameters<typeof auditArchive>[1], 'datasets'>,
): Promise<AuditFinding[]> {
  const faults = findings.filter(({ fault }) => fault);
  if (faults.length === 0) return [];
  const again = new Set<string>();
  for await (const audit of auditArchive(archive, { ...options, datasets: [dataset] }))
    for (const finding of audit.findings) again.add(identity(finding));
  return faults.filter((finding) => again.has(identity(finding)));
}

function identity({ code, dataset, key, range }: AuditFinding): string {
  return JSON.stringify([code, dataset, key, range?.start, range?.end]);
}

function isGap({ code }: AuditFinding): boolean {
  return code === 'COVERAGE_GAP';
}

/**
 * Ledgers of a dataset that runs of this archive are about to write: those of running backfills, and those after the
 * committed ones while a tail runs. What they have not committed yet is not a fault.
 */
async function runningRanges(
  client: WorkerDeps['client'],
  archive: Archive,
  { dataset, coverage }: DatasetAudit,
): Promise<Intervals> {
  const ranges: LedgerRange[] = [];
  const { messageType } = parseDataset(dataset);
  const query = `WorkflowType IN ('backfill', 'tail') AND ExecutionStatus = 'Running'`;
  for await (const info of client.workflow.list({ query })) {
    const { type, typedSearchAttributes: attributes } = info;
    if (attributes.get(ATTRIBUTES.datasets)?.includes(messageType) === false) continue;
    const start = attributes.get(ATTRIBUTES.ledgerStart);
    const end = attributes.get(ATTRIBUTES.ledgerEnd);
    const range =
      start !== undefined && end !== undefined
        ? { start, end }
        : type === 'tail' && { start: (coverage.at(-1)?.end ?? 0) + 1, end: MAX_LEDGER };
    if (range && (await writesTo(client, info, archive))) ranges.push(range);
  }
  return mergeIntervals(ranges);
}

/** Whether a run writes to this archive. The inputs of its runs can be read: this worker has the keys for them. */
async function writesTo(
  client: WorkerDeps['client'],
  run: { readonly workflowId: string; readonly runId: string },
  archive: Archive,
): Promise<boolean> {
  const input = await readableInput(client, run);
  const { spec, archive: own } = (input ?? {}) as { archive?: unknown; spec?: { archive?: unknown } };
  const root = spec?.archive ?? own;
  return typeof root === 'string' && uriOf(root) === archive.store.uri;
}

/** Undefined for a location that can't be opened: a run may have been started by hand. */
function uriOf(root: string): string | undefined {
  try {
    return openStore(root).uri;
  } catch (error) {
    if (isParquetryError(error)) return undefined;
    throw error;
  }
}
