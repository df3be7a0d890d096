import { Semaphore, formatRange } from '@parquetry/core';
import { type DatasetReport, verifyDataset } from '@parquetry/verify';
import { checkAccount } from '../account';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { type SchemaStep, openStep } from '../step';

/** All values are decoded in this thread: two files at once would take the same time and twice the memory. */
const decoding = new Semaphore(1);

/** See `StageActivities.verifyRowCounts`. */
export async function verifyRowCounts(
  deps: WorkerDeps,
  step: SchemaStep,
): Promise<{ rows: number; ledgers: number }> {
  const { plan, stage, schema } = await openStep(deps, step);
  const { spec, network } = plan;
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
    if (spec.verify !== 'full') return verify();
    return deps.verifyAlone ? deps.writer.exclusively(signal, verify) : decoding.run(signal, verify);
  });
  await stage.noteVerified(
    files.map((file, index) => {
      const mark = report.files[index]?.mark;
      return mark === undefined ? file : { ...file, mark };
    }),
  );
  deps.debug?.(
    `verify ${step.dataset} ${formatRange(step.range)}: ${report.rows} rows read back from ${files.length} files`,
  );
  return { rows: report.rows, ledgers: stage.staged.ledgers.length };
}
