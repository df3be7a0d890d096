import { Semaphore, formatRange } from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import { type DatasetReport, verifyDataset } from '@parquetry/verify';
import type { DatasetStep } from '@parquetry/workflows';
import { checkAccount } from '../account';
import type { WorkerDeps } from '../deps';
import { StagedFiles } from '../files';
import { withHeartbeat } from '../heartbeat';
import { loadPlan } from '../plan/stored';

/** All values are decoded in this thread: two files at once would take the same time and twice the memory. */
const decoding = new Semaphore(1);

/** See `StageActivities.verifyRowCounts`. */
export async function verifyRowCounts(
  { workplace, archives, debug }: WorkerDeps,
  step: DatasetStep & { readonly schemaVersion: number },
): Promise<{ rows: number; ledgers: number }> {
  const { spec, network } = await loadPlan(openStore(step.archive), step.archive, step.plan);
  const stage = await StagedFiles.open(workplace, step.stageId, step.dataset);
  const { registry } = await archives.get(step.archive);
  const schema = await registry.get(step.dataset, step.schemaVersion);
  const files = await stage.written();
  const report = await withHeartbeat(async (signal, heartbeat) => {
    await checkAccount(stage);
    const verify = (): Promise<DatasetReport> =>
      verifyDataset({
        files,
        staged: stage.staged,
        schema,
        range: step.range,
        ...(network === undefined ? {} : { network }),
        codec: spec.settings.compression,
        level: spec.verify,
        signal,
        onProgress: heartbeat,
      });
    return spec.verify === 'full' ? decoding.run(signal, verify) : verify();
  });
  await stage.noteVerified(
    files.map((file, index) => {
      const mark = report.files[index]?.mark;
      return mark === undefined ? file : { ...file, mark };
    }),
  );
  debug?.(
    `verify ${step.dataset} ${formatRange(step.range)}: ${report.rows} rows read back from ${files.length} files`,
  );
  return { rows: report.rows, ledgers: stage.staged.ledgers.length };
}
