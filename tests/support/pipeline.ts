import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  DEFAULT_WRITE_SETTINGS,
  type LedgerRange,
  type Reject,
  type WriteSettings,
  partName,
} from '@parquetry/core';
import { type RegisteredSchema, portableSchema, schemaFingerprint } from '@parquetry/schema';
import { openNdjsonSource } from '@parquetry/source';
import { verifyDataset } from '@parquetry/verify';
import { type Writer, type WrittenFile, openQuery, openWriter } from '@parquetry/writer';

/** The result of a partition from messages to verified files, without Temporal and without an archive. */
export interface Written {
  readonly files: readonly WrittenFile[];
  /** `folder/name` of each file. */
  readonly names: readonly string[];
  readonly rejects: readonly Reject[];
  readonly schema: RegisteredSchema;
  readonly unusable: number;
}

/** Runs the libraries as the activities do: NDJSON source, writer, second reader, and DuckDB as a third reader. */
export class Pipeline {
  private constructor(
    readonly dir: string,
    private readonly writer: Writer,
  ) {}

  static async open(threads = 2): Promise<Pipeline> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-pipeline-'));
    return new Pipeline(
      dir,
      await openWriter({ memoryLimit: '512MB', threads, tempDir: path.join(dir, 'tmp') }),
    );
  }

  /** Writes the messages of one type in `range`, as one partition; each entry of `inputs` is a file of lines. */
  async write(
    inputs: readonly (readonly string[])[],
    range: LedgerRange,
    settings: Partial<WriteSettings> = {},
  ): Promise<Written> {
    const merged: WriteSettings = { ...DEFAULT_WRITE_SETTINGS, ...settings };
    const dir = await mkdtemp(path.join(this.dir, 'run-'));
    const inputFiles = inputs.map((_, index) => path.join(dir, `input-${index}.ndjson`));
    for (const [index, lines] of inputs.entries())
      await writeFile(inputFiles[index] as string, lines.map((line) => `${line}\n`).join(''));
    const source = await openNdjsonSource(inputFiles.join(','), { schemas: new Map() });
    const [spool, stageDir] = [path.join(dir, 'spool'), path.join(dir, 'stage')];
    await mkdir(spool);
    await mkdir(stageDir);
    const index = await source.prepare({ range: { start: 1, end: 4_294_967_295 }, workDir: spool });
    const found = index.datasets[0];
    if (found === undefined) throw new Error('the messages have no usable type');
    const inferred = merged.integers === 'signed' ? portableSchema(found.schema) : found.schema;
    const schema: RegisteredSchema = {
      subject: found.dataset,
      version: 1,
      fingerprint: schemaFingerprint(inferred),
      schema: inferred,
    };
    const rejects: Reject[] = [];
    const { datasets } = await source.pull({
      stageId: 'test',
      range,
      datasets: [{ dataset: found.dataset, schema: inferred }],
      index,
      stageDir,
      spoolDir: spool,
      layout: merged.layout,
      onDecision: ({ reject }) => (reject === undefined ? undefined : rejects.push(reject)),
    });
    const staged = datasets[0];
    if (staged === undefined) throw new Error('nothing was staged');
    const request = { staged, schema, range };
    const files = await this.writer.writeDataset({
      ...request,
      rowsFile: path.join(stageDir, partName(found.dataset, 0)),
      settings: merged,
      outDir: path.join(dir, 'out'),
    });
    await verifyDataset({ ...request, files, codec: merged.compression, level: 'full' });
    return {
      files,
      names: files.map(({ folder, name }) => `${folder.path}/${name}`),
      rejects,
      schema,
      unusable: index.unusable,
    };
  }

  /** A query over the written files, which are the view `rows`. */
  async ask({ files, schema }: Written, sql: string): Promise<readonly (readonly unknown[])[]> {
    const engine = await openQuery({ memoryLimit: '512MB' });
    try {
      await engine.createView(
        'rows',
        files.map((file) => file.path),
        schema.schema,
      );
      return (await engine.run(sql)).rows;
    } finally {
      await engine.close();
    }
  }

  async close(): Promise<void> {
    await this.writer.close();
    if (existsSync(this.dir)) await rm(this.dir, { recursive: true, force: true });
  }
}
