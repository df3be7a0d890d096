import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MAX_LEDGER, type LedgerRange, type Reject, type StageManifest } from '@parquetry/core';
import type { PullRequest, Source, SourceIndex } from '../../source';
import type { NdjsonOptions } from '../options';
import { openNdjsonSource } from '../open';

/** Every ledger. */
export const ALL: LedgerRange = { start: 1, end: MAX_LEDGER };

/** A folder for one test with a source's files, work folder and stages. */
export class Workspace {
  private stages = 0;

  private constructor(readonly dir: string) {}

  static async create(): Promise<Workspace> {
    const workspace = new Workspace(await mkdtemp(path.join(os.tmpdir(), 'parquetry-ndjson-')));
    await mkdir(workspace.workDir);
    return workspace;
  }

  get workDir(): string {
    return path.join(this.dir, 'work');
  }

  file(name: string): string {
    return path.join(this.dir, name);
  }

  /** Writes lines, each with a newline, or bytes as they are. */
  async write(name: string, content: readonly string[] | Buffer): Promise<string> {
    const file = this.file(name);
    await writeFile(file, Buffer.isBuffer(content) ? content : content.map((line) => `${line}\n`).join(''));
    return file;
  }

  open(spec: string, options: Partial<NdjsonOptions> = {}): Promise<Source> {
    return openNdjsonSource(spec, { schemas: new Map(), ...options });
  }

  prepare(source: Source, range = ALL, types?: readonly string[]): Promise<SourceIndex> {
    return source.prepare({ range, workDir: this.workDir, ...(types === undefined ? {} : { types }) });
  }

  async pull(
    source: Source,
    index: SourceIndex,
    range = ALL,
    request: Partial<Pick<PullRequest, 'spoolDir' | 'signal' | 'layout'>> = {},
  ): Promise<{ manifest: StageManifest; stageDir: string }> {
    const stageId = `stage-${(this.stages += 1)}`;
    const stageDir = this.file(stageId);
    await mkdir(stageDir);
    // As the workflow does, the index travels as JSON.
    const stored = JSON.parse(JSON.stringify(index)) as SourceIndex;
    const { datasets } = stored;
    const manifest = await source.pull({
      stageId,
      range,
      datasets,
      index: stored,
      stageDir,
      spoolDir: this.workDir,
      ...request,
    });
    return { manifest, stageDir };
  }

  /** The rejects of a stage's dataset, or of the whole run. */
  async rejects(dir = this.workDir, dataset?: string): Promise<Reject[]> {
    const file = path.join(dir, dataset === undefined ? 'rejects.ndjson' : `${dataset}.rejects.ndjson`);
    const text = await readFile(file, 'utf8').catch(() => '');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Reject);
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
