import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type LedgerRange, MAX_LEDGER, isParquetryError } from '@parquetry/core';
import type { SourceFile } from '../ndjson/files/sourcefile';
import { ensureSpool } from '../ndjson/files/spool';
import { answerFile, answerRequest, isAnswer } from '../processor/ranges';
import type { TailFiles } from './files';
import type { ReadPosition } from './readposition';

/** How to follow a processor. */
export interface AnswerOptions {
  /** First ledger to read. */
  readonly cursor: number;
  /** Most ledgers of a request. */
  readonly width: number;
  /** Folder for the answers. */
  readonly workDir: string;
  /** Positions in the answers after the previous flush. */
  readonly marks?: readonly ReadPosition[];
}

/**
 * The answers of a processor as the growing files of a tail. Each poll requests the next range until the processor does
 * not have it yet. Ranges grow from one ledger while there is a backlog, and begin with one ledger again at the tip.
 */
export class AnswerFiles implements TailFiles {
  grew = false;
  private readonly files: SourceFile[];
  private width = 1;
  /** Unix milliseconds; the processor wants no request before. */
  private notBefore = 0;
  private done: readonly SourceFile[];

  constructor(
    private readonly uri: string,
    private readonly options: AnswerOptions,
  ) {
    const { cursor, marks = [] } = options;
    const known = marks
      .map(({ path: name }): SourceFile => ({ name, path: name, packing: 'remote', size: 0 }))
      .filter(isAnswer)
      .map((file) => answerFile(uri, answerRequest(file).range))
      .sort((a, b) => answerRequest(a).range.start - answerRequest(b).range.start);
    const reaches = (file: SourceFile): boolean => answerRequest(file).range.end >= cursor;
    this.files = known.filter(reaches);
    this.done = known.filter((file) => !reaches(file));
  }

  /** The last ledger that was answered. */
  get end(): number {
    const last = this.files.at(-1);
    return last === undefined ? this.options.cursor - 1 : answerRequest(last).range.end;
  }

  async list(behind: boolean, signal?: AbortSignal): Promise<readonly SourceFile[]> {
    const { workDir, width } = this.options;
    this.grew = false;
    for (const { spool } of this.done) await rm(path.join(workDir, spool as string), { force: true });
    this.done = [];
    while (!behind && this.end < MAX_LEDGER && Date.now() >= this.notBefore) {
      const range = { start: this.end + 1, end: Math.min(this.end + this.width, MAX_LEDGER) };
      if (await this.request(range, signal)) {
        this.width = Math.min(width, this.width * 2);
        this.grew = true;
        break;
      }
      if (this.width === 1) break;
      this.width = 1;
    }
    return this.files;
  }

  /** Whether the processor has a range; its answer is then the last file. */
  private async request(range: LedgerRange, signal: AbortSignal | undefined): Promise<boolean> {
    const file = answerFile(this.uri, range);
    try {
      await ensureSpool(file, this.options.workDir, signal, false);
    } catch (error) {
      if (!isParquetryError(error) || error.code !== 'SOURCE_NOT_READY') throw error;
      const { retry_after_ms: pause } = error.details;
      if (range.end === range.start && typeof pause === 'number') this.notBefore = Date.now() + pause;
      return false;
    }
    this.files.push(file);
    return true;
  }
}
