import { createHash } from 'node:crypto';
import { ParquetryError, type StagedDataset } from '@parquetry/core';
import { type LedgerContext, type StellarType, isStellarType, stellarRows } from '@parquetry/stellar';
import type { PullRequest } from '../source';
import { DatasetStage, type StageOptions } from '../stage/dataset';
import { BatchParts } from '../stage/batches';
import { RowAppender } from './append';

interface Lane {
  readonly type: StellarType;
  readonly stage: DatasetStage;
  readonly rows: RowAppender;
}

/** The staged datasets of one pull: each ledger's rows go to all of them. */
export class PullStage {
  private readonly lanes: readonly Lane[];
  /** Rows staged so far, all datasets together. */
  rows = 0;

  /** @throws ParquetryError MESSAGE_TYPE_UNKNOWN for a dataset that no ledger has */
  constructor(stageDir: string, datasets: PullRequest['datasets'], options: StageOptions = {}) {
    this.lanes = datasets.map(({ dataset, schema }) => {
      const type = schema.messageType;
      if (!isStellarType(type))
        throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `A ledger lake has no message type ${type}.`);
      const rowParts = new BatchParts(stageDir, dataset, schema);
      const stage = new DatasetStage(stageDir, schema, dataset, rowParts, options);
      return { type, stage, rows: new RowAppender(schema, rowParts, stage.columns) };
    });
  }

  /** Stages the ledger's rows. The content's identity is the sha256 of its LedgerCloseMeta. */
  addLedger(context: LedgerContext): void {
    const { xdrStart, xdrEnd } = context.ledger.meta;
    const digest = createHash('sha256').update(context.bytes.subarray(xdrStart, xdrEnd)).digest();
    for (const { type, stage, rows } of this.lanes) {
      stage.hashSource(context.sequence, digest);
      for (const row of stellarRows(context, type)) {
        rows.append(row);
        stage.noteRows(context.sequence, context.closedAt);
        this.rows += 1;
      }
      stage.closeLedger(context.sequence);
    }
  }

  /** Back-pressure point. */
  async drain(): Promise<void> {
    for (const { stage } of this.lanes) await stage.drain();
  }

  /** Closes the files and returns the counts. */
  async finish(): Promise<StagedDataset[]> {
    const staged: StagedDataset[] = [];
    for (const { stage } of this.lanes) staged.push(await stage.finish());
    return staged;
  }

  /** Closes the files of a pull that failed; its own error is the one to report. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.lanes.map(({ stage }) => stage.finish()));
  }
}
