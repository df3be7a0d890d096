import { formatRange } from '@parquetry/core';
import { type DatasetReport, verifyDataset } from '@parquetry/verify';
import { checkAccount } from '../account';
import { decodeAlone } from '../decoding';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { type SchemaStep, openStep } from '../step';

/** See `StageActivities.verifyRowCounts`. */
export async function verifyRowCounts(
  deps: WorkerDeps,
  step: SchemaStep,
): Promise<{ rows: number; ledgers: number }> {
  const { plan, stage, schema } = await openStep(deps, step);
  const { spec, network } = plan;
  const files = await stage.written();
  // Pulls of ledgers hash the rows. Hashing those of messages takes the values of the written files.
  const pulled = await stage.rowHashes();
  const rowHashes = spec.rowHashes === true && pulled === undefined;
  const level = rowHashes ? 'full' : spec.verify;
  // A full check of the values also compares the hashes of the pull.
  const hashes = rowHashes || pulled !== undefined;
  const report = await withHeartbeat(async (signal, heartbeat) => {
    await checkAccount(stage);
    const verify = (): Promise<DatasetReport> =>
      verifyDataset({
        files,
        staged: pulled === undefined ? stage.staged : { ...stage.staged, rowHashes: pulled },
        schema,
        range: step.range,
        ...(network === undefined ? {} : { network }),
        codec: spec.settings.compression,
        level,
        rowHashes: hashes,
        signal,
        onProgress: heartbeat,
      });
    return level === 'full' ? decodeAlone(deps, signal, verify) : verify();
  });
  await stage.noteVerified(
    files.map((file, index) => {
      const { mark, rowHashes: hashed } = report.files[index] ?? {};
      return {
        ...file,
        ...(mark === undefined ? {} : { mark }),
        ...(!rowHashes || hashed === undefined
          ? {}
          : { rowHashes: Buffer.concat(hashed.map(({ hash }) => hash)).toString('base64') }),
      };
    }),
  );
  deps.debug?.(
    `verify ${step.dataset} ${formatRange(step.range)}: ${report.rows} rows read back from ${files.length} files`,
  );
  return { rows: report.rows, ledgers: stage.staged.ledgers.length };
}
