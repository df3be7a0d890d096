import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { type WriteSettings, partName } from '@parquetry/core';
import { SAMPLE_NETWORK, writeSampleLake } from '@parquetry/sample';
import type { RegisteredSchema } from '@parquetry/schema';
import { openGalexieSource } from '@parquetry/source';
import { openStore } from '@parquetry/storage';
import { type WrittenFile, openWriter, writerVersions } from '@parquetry/writer';
import { checkpointWriter } from '../../apps/worker/src/checkpoint';

const SETTINGS: WriteSettings = { compression: 'zstd', layout: { kind: 'ledger_day' } };
const TYPES = ['ledgers', 'contract_data'];
const FIRST = 426_000;
const LEDGERS = 12;
const PARTITION = 4;

/** Its ledgers. */
export const SAMPLE_RANGE = { start: FIRST, end: FIRST + LEDGERS - 1 };

/** A file of the sample archive as it was written and verified. */
export interface SampleFile {
  readonly file: WrittenFile;
  readonly schema: RegisteredSchema;
}

/**
 * Writes an archive of sample ledgers as a worker does, without Temporal: pulled, written, published, with the chain's
 * proof and one checkpoint. Its root is `dir/archive`.
 */
export async function writeSampleArchive(dir: string): Promise<SampleFile[]> {
  const lake = path.join(dir, 'lake');
  await writeSampleLake({ dir: lake, ledgers: LEDGERS, start: FIRST });
  const tempDir = path.join(dir, 'duckdb');
  const writer = await openWriter({ memoryLimit: '512MB', threads: 1, tempDir });
  const archive = await Archive.open(openStore(path.join(dir, 'archive')), {
    create: {
      formatVersion: 1,
      network: SAMPLE_NETWORK,
      layout: SETTINGS.layout,
      integers: 'unsigned',
      nesting: 'struct',
    },
    checkpointWriter: checkpointWriter(writer, dir),
  });
  const source = await openGalexieSource(lake);
  const samples: SampleFile[] = [];
  try {
    for (let start = FIRST; start < FIRST + LEDGERS; start += PARTITION) {
      const range = { start, end: start + PARTITION - 1 };
      const index = await source.prepare({ range, workDir: dir, types: TYPES });
      const stageDir = path.join(dir, `stage-${start}`);
      await mkdir(stageDir);
      const { datasets } = index;
      const manifest = await source.pull({ stageId: 's', range, datasets, index, stageDir, spoolDir: dir });
      for (const staged of manifest.datasets) {
        const { dataset } = staged;
        const table = datasets.find((each) => each.dataset === dataset);
        if (table === undefined) throw new Error(`no schema of ${dataset}`);
        const schema = await archive.registry.register(dataset, table.schema);
        const rowsFile = path.join(stageDir, partName(dataset, 0));
        const outDir = path.join(dir, `out-${start}-${dataset}`);
        const files = await writer.writeDataset({
          rowsFile,
          staged,
          range,
          schema,
          settings: SETTINGS,
          network: SAMPLE_NETWORK,
          outDir,
        });
        samples.push(...files.map((file) => ({ file, schema })));
        await archive.dataset(dataset).publish({
          range,
          schema,
          settings: SETTINGS,
          contentHash: staged.contentHash,
          files: files.map((file) => ({
            localPath: file.path,
            folder: file.folder,
            range: file.range,
            lastCloseTimeMicros: Math.max(0, ...file.ledgers.map((ledger) => ledger.lastCloseTimeMicros)),
            size: file.size,
            sha256: file.sha256,
            rows: file.rows,
            columns: file.columns,
            reason: file.reason,
          })),
          ledgers: staged.ledgers,
          rejectedLedgers: staged.rejectedLedgers,
          proof: manifest.proof,
          writer: { ...writerVersions() },
        });
        if (start === FIRST + PARTITION) await archive.dataset(dataset).checkpoint({ force: true });
      }
    }
    return samples;
  } finally {
    await writer.close();
  }
}
