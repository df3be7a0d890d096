import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isParquetryError } from '@parquetry/core';
import { type FileExpectation, readColumns, verifyFile } from '@parquetry/verify';
import type { AsyncBuffer } from 'hyparquet';
import { parquetCheckpointReader } from '../../../libs/archive/src/delta/reader';
import { MemoryStore } from '../../iceberg/memory';
import { mutateBytes } from '../mutate';
import type { Random } from '../random';
import { writeSampleArchive } from '../samplearchive';
import { type OpenTarget, type Target, demand } from '../target';
import { SAMPLE_NETWORK } from '@parquetry/sample';

interface Sample {
  readonly bytes: Buffer;
  readonly expected: FileExpectation;
}

/**
 * Parquet files in memory: data files of the sample archive and a checkpoint of its log, with flipped bits, changed
 * lengths, cuts and copies, half of them in the footer. Most are verified against the size and the sha256 of the damaged
 * bytes, so that the checks behind the hash are reached.
 *
 * Oracle: with the true hash every change is refused. Without it a file is refused with VERIFY_MISMATCH or FILE_CORRUPT,
 * or its rows per ledger, nulls and bounds are still the expected ones. `readColumns` gives as many rows as the file has,
 * or refuses. A checkpoint is read or refused with a code of the log. Nothing allocates what a length only claims.
 */
export const parquet: Target = {
  name: 'parquet',
  ci: 500,
  open: async (dir) => {
    const written = await writeSampleArchive(dir);
    const samples: Sample[] = [];
    for (const { file, schema } of written) {
      const { range, size, sha256, rows, ledgers, columns } = file;
      const expected = {
        dataset: schema.subject,
        schema,
        range,
        size,
        sha256,
        rows,
        ledgers,
        columns,
        network: SAMPLE_NETWORK,
        codec: 'zstd',
      } as const;
      samples.push({ bytes: await readFile(file.path), expected });
    }
    const checkpoint = await readFile(
      path.join(dir, 'archive/ledgers/_delta_log/00000000000000000001.checkpoint.parquet'),
    );
    return {
      run: (random) =>
        random.chance(4) ? readCheckpoint(random, checkpoint) : runCase(random, random.pick(samples)),
    } satisfies OpenTarget;
  },
};

function damaged(random: Random, bytes: Buffer): Buffer {
  if (random.chance(2)) return mutateBytes(random, bytes, 2);
  // The footer: Thrift without checksums.
  const length = bytes.readUInt32LE(bytes.length - 8);
  const at = bytes.length - 8 - length;
  const footer = mutateBytes(random, bytes.subarray(at, at + length), 2);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(random.chance(10) ? random.word() : footer.length);
  return Buffer.concat([bytes.subarray(0, at), footer, size, Buffer.from('PAR1')]);
}

function bufferOf(bytes: Buffer): AsyncBuffer {
  return {
    byteLength: bytes.length,
    slice: (start, end = bytes.length) => {
      const [from, to] = [start < 0 ? bytes.length + start : start, end < 0 ? bytes.length + end : end];
      if (!(from >= 0 && from <= to && to <= bytes.length))
        throw new RangeError(`bytes ${start}-${end} of ${bytes.length}`);
      return Uint8Array.from(bytes.subarray(from, to)).buffer;
    },
  };
}

async function runCase(random: Random, { bytes, expected }: Sample): Promise<string | undefined> {
  const changed = damaged(random, bytes);
  const file = bufferOf(changed);
  const level = random.chance(2) ? 'full' : 'ledger';
  const same = changed.equals(bytes);
  if (random.chance(8)) {
    await verifyFile({ file, expected, level });
    demand(same, () => 'a changed file has the hash of the file');
    return undefined;
  }
  const sha256 = createHash('sha256').update(changed).digest('hex');
  if (random.chance(3)) {
    const { schema } = expected.schema;
    const names = schema.fields
      .filter(({ type }) => type.type !== 'list' && type.type !== 'struct')
      .map(({ name }) => name);
    const columns = [random.pick(names), random.pick(names)];
    let rows = 0;
    for await (const row of readColumns({ file, name: 'file', schema, columns })) {
      demand(row.length === columns.length, () => `${row.length} values`);
      rows += 1;
      demand(rows < 1_000_000, () => 'rows without end');
    }
    return rows === expected.rows ? undefined : 'OTHER_ROWS';
  }
  const report = await verifyFile({ file, expected: { ...expected, size: changed.length, sha256 }, level });
  demand(report.rows === expected.rows, () => `${report.rows} rows`);
  for (const [name, tally] of Object.entries(report.columns))
    demand(tally.nulls === expected.columns?.[name]?.nulls, () => `nulls of ${name}`);
  return undefined;
}

async function readCheckpoint(random: Random, bytes: Buffer): Promise<undefined> {
  const store = new MemoryStore();
  await store.putIfAbsent('c', damaged(random, bytes));
  let actions = 0;
  try {
    for await (const some of parquetCheckpointReader.read(store, 'c')) actions += some.length;
  } catch (error) {
    if (isParquetryError(error)) demand(error.code.startsWith('LOG_'), () => error.code);
    throw error;
  }
  demand(actions < 10_000, () => `${actions} actions`);
  return undefined;
}
