import type { AuditFinding, DatasetAudit, Waste } from '@parquetry/audit';
import {
  type LedgerRange,
  ParquetryError,
  formatRange,
  isParquetryError,
  subtractIntervals,
} from '@parquetry/core';
import type { BackfillInput, RunSpec } from '@parquetry/workflows';
import type { Define } from '../cli';
import { faultError, printFindings } from '../findings';
import { Output, formatBytes } from '../output';
import { defaults } from '../settings';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

interface Options extends WorkerOptions {
  readonly archive: string;
  /** Start backfills that fill the gaps. */
  readonly fix?: boolean;
  /** Compare sizes only; without it every file is read for its sha256. */
  readonly quick?: boolean;
}

/** `parquetry audit` */
export const define: Define = ({ command, output, run }) =>
  command('audit', 'report gaps, overlaps, missing and altered files, and leftovers', 'Check')
    .settings(['archive', 'region', ...WORKER_SETTINGS], { required: ['archive'] })
    .option('--fix', 'fill gaps with a backfill from the source of the original run')
    .option('--quick', 'only compare the sizes of files; without it every file is read for its sha256')
    .writes('fix')
    .example('parquetry audit --archive ./archive --quick')
    .action((options: Options) => run(() => audit(options, output)));

/** A gap that `--fix` tried to fill. */
interface Fix {
  readonly range: LedgerRange;
  readonly datasets: readonly string[];
  readonly outcome: 'filled' | 'failed' | 'source unknown';
  readonly message?: string;
}

/** Reports faults and waste; exit 1 if there is a fault. `--fix` fills gaps from the source of the original run. */
async function audit(options: Options, output: Output): Promise<number> {
  const { findWaste } = require('@parquetry/audit') as typeof import('@parquetry/audit');
  const { openManaged } = require('../archive') as typeof import('../archive');
  const { workFolder } = require('../workfolder') as typeof import('../workfolder');
  const { archive: root } = options;
  let audits = await auditAll(options);
  const fixes = options.fix === true ? await fillGaps(options, audits, output) : undefined;
  if (fixes?.some(({ outcome }) => outcome === 'filled') === true) audits = await auditAll(options);
  const results = fixes?.map((fix) => confirmed(fix, audits));
  const { archive, store } = await openManaged(root);
  const waste: Omit<Waste, 'remove'>[] = [];
  for await (const { kind, key, size, modified, message } of findWaste(archive, store, {
    workRoot: workFolder(options.stage),
  }))
    waste.push({ kind, key, size, modified, message });

  output.table(
    ['dataset', 'files', 'rows', 'size', 'coverage', 'glob exact', 'faults'],
    audits.map((entry) => [
      entry.dataset,
      entry.files,
      entry.rows,
      formatBytes(entry.bytes),
      entry.coverage.map(formatRange).join(', ') || 'none',
      entry.globExact ? 'yes' : 'no',
      entry.findings.filter(({ fault }) => fault).length,
    ]),
  );
  // Uncommitted files are reported once, with all other waste.
  const findings = audits.flatMap((entry) => entry.findings).filter(({ fault }) => fault);
  printFindings(findings, output);
  for (const { kind, message } of waste) output.say(`note ${kind}: ${message}`);
  for (const fix of results ?? []) output.say(describeFix(fix));
  if (waste.length > 0) output.say('`parquetry gc` lists and removes leftovers.');
  const [first] = findings;
  const document = {
    ok: first === undefined,
    globExact: audits.every(({ globExact }) => globExact),
    datasets: audits,
    waste,
    ...(results === undefined ? {} : { fixes: results }),
  };
  if (first !== undefined) return output.fail(faultError(first, findings.length), document);
  output.say('No faults.');
  output.document(document);
  return 0;
}

async function auditAll({ archive: root, quick }: Options): Promise<DatasetAudit[]> {
  const { auditArchive } = require('@parquetry/audit') as typeof import('@parquetry/audit');
  const { openManaged } = require('../archive') as typeof import('../archive');
  const { archive } = await openManaged(root);
  const audits: DatasetAudit[] = [];
  for await (const entry of auditArchive(archive, { level: quick === true ? 'size' : 'sha256' }))
    audits.push(entry);
  return audits;
}

/** Starts a backfill for each gap, with the code of `backfill`. Gaps of the same range are one run. */
async function fillGaps(options: Options, audits: readonly DatasetAudit[], output: Output): Promise<Fix[]> {
  const { keptPlans, planFor } = require('@parquetry/audit') as typeof import('@parquetry/audit');
  const { openManaged } = require('../archive') as typeof import('../archive');
  const { archiveRoot } = require('../runspec') as typeof import('../runspec');
  const { startRun } = require('../startrun') as typeof import('../startrun');
  const { archive: root } = options;
  const settings = workerSettings(options);
  const plans = await keptPlans((await openManaged(root)).store);
  const gaps = new Map<string, { range: LedgerRange; datasets: string[]; spec: RunSpec | undefined }>();
  for (const { dataset, range } of audits.flatMap(({ findings }) => findings.filter(isGap))) {
    const plan = planFor(plans, dataset, range);
    const id = `${plan?.key ?? dataset} ${formatRange(range)}`;
    const entry = gaps.get(id) ?? { range, datasets: [], spec: plan?.spec as RunSpec | undefined };
    entry.datasets.push(dataset);
    gaps.set(id, entry);
  }
  const fixes: Fix[] = [];
  for (const { range, datasets, spec } of gaps.values()) {
    if (spec === undefined) {
      fixes.push({ range, datasets, outcome: 'source unknown' });
      continue;
    }
    output.note(`Filling ledgers ${formatRange(range)} of ${datasets.join(', ')} from ${spec.source.uri}`);
    const input = {
      // The archive may have moved since the plan was stored: use its current root.
      spec: { ...spec, archive: archiveRoot(root), range, types: datasets },
      ...(defaults(['concurrency', 'max-parked']) as Pick<BackfillInput, 'concurrency' | 'maxParked'>),
      onFailure: 'fail' as const,
    };
    const quiet = new Quiet();
    const code = await startRun(input, {}, settings, quiet).catch((error: unknown) => {
      if (!isParquetryError(error)) throw error;
      return quiet.fail(error);
    });
    fixes.push(
      code === 0
        ? { range, datasets, outcome: 'filled' }
        : { range, datasets, outcome: 'failed', message: quiet.failure ?? `exit code ${code}` },
    );
  }
  return fixes;
}

/** A gap counts as filled only if the second audit no longer finds it, whatever the result of the run. */
function confirmed(fix: Fix, audits: readonly DatasetAudit[]): Fix {
  if (fix.outcome !== 'filled') return fix;
  const left = audits.filter(
    ({ dataset, coverage }) =>
      fix.datasets.includes(dataset) && subtractIntervals(fix.range, coverage).length > 0,
  );
  if (left.length === 0) return fix;
  const names = left.map(({ dataset }) => dataset).join(', ');
  return { ...fix, outcome: 'failed', message: `the run ended, and ledgers of ${names} are still missing` };
}

function isGap(finding: AuditFinding): finding is AuditFinding & { readonly range: LedgerRange } {
  return finding.code === 'COVERAGE_GAP' && finding.range !== undefined;
}

function describeFix({ range, datasets, outcome, message }: Fix): string {
  const what = `ledgers ${formatRange(range)} of ${datasets.join(', ')}`;
  if (outcome === 'filled') return `fixed: ${what}`;
  return outcome === 'failed'
    ? `not fixed: ${what}: ${message}`
    : `not fixed: ${what}: the archive has no plan that names its source; run \`parquetry backfill\`.`;
}

/** The output of a run inside another command: shows progress, hides the result, keeps the error. */
class Quiet extends Output {
  failure: string | undefined;

  constructor() {
    super(true);
  }

  override document(): void {}

  override fail(error: unknown): number {
    this.failure = error instanceof Error ? error.message : String(error);
    return error instanceof ParquetryError ? error.exitCode : 1;
  }
}
