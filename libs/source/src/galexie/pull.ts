import { createHash } from 'node:crypto';
import { type Conservation, ParquetryError, type StagedDataset } from '@parquetry/core';
import {
  type LedgerContext,
  type LedgerHeader,
  type StellarType,
  isStellarType,
  stellarRows,
  stellarSchemas,
} from '@parquetry/stellar';
import type { FeedLedger } from '../ledgers/feed';
import type { PullRequest } from '../source';
import { DatasetStage, type StageOptions } from '../stage/dataset';
import { PlainParts } from '../stage/plain/parts';
import { memoryShares } from '../stage/plain/pool';
import { PullProofs } from './proofs';
import { RowAppender } from '../stage/rows/appender';

/** Bytes of an undecodable ledger that the rejects of most datasets repeat. */
const BEGINNING = 48;

interface Target {
  readonly type: StellarType;
  readonly stage: DatasetStage;
  readonly rows: RowAppender;
}

/** The staged datasets of one pull. Each ledger adds its rows to all of them. */
export class PullStage {
  private readonly targets: readonly Target[];
  private readonly proofs: PullProofs;
  /** Rows staged so far in all datasets. */
  rows = 0;

  /** @throws ParquetryError MESSAGE_TYPE_UNKNOWN for a dataset that is not a type of ledger rows */
  constructor(
    stageDir: string,
    datasets: PullRequest['datasets'],
    options: StageOptions & Pick<PullRequest, 'spareDir'> = {},
  ) {
    const shares = memoryShares(datasets);
    this.targets = datasets.map(({ dataset, schema }) => {
      const type = schema.messageType;
      if (!isStellarType(type))
        throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `A ledger lake has no message type ${type}.`);
      const parts = new PlainParts(stageDir, dataset, schema, { ...shares, spareDir: options.spareDir });
      const stage = new DatasetStage(stageDir, schema, dataset, parts, options);
      return { type, stage, rows: new RowAppender(stage, stellarSchemas.get(type)) };
    });
    this.proofs = new PullProofs(this.targets.map(({ type }) => type));
  }

  /** Takes the header of the ledger before the range, for the proof of the first ledger. */
  before(header: LedgerHeader): void {
    this.proofs.before(header);
  }

  /** What the rows prove about native balances. */
  conservation(): Conservation | undefined {
    return this.proofs.result();
  }

  /**
   * Stages the ledger's rows. The sha256 of its LedgerCloseMeta identifies its content.
   * @throws ParquetryError PROOF_FAILED when the rows do not agree
   */
  addLedger(context: LedgerContext): void {
    const { xdrStart, xdrEnd } = context.ledger.meta;
    const digest = createHash('sha256').update(context.bytes.subarray(xdrStart, xdrEnd)).digest();
    for (const { type, stage, rows } of this.targets) {
      stage.hashSource(context.sequence, digest);
      const proves = this.proofs.reads(type);
      for (const row of stellarRows(context, type)) {
        if (proves) this.proofs.row(type, row, context);
        rows.append(row, context.sequence, context.closedAt);
        this.rows += 1;
      }
      stage.closeLedger(context.sequence);
    }
    this.proofs.closeLedger(context);
  }

  /**
   * Stages a ledger that this version can't decode as one reject of each dataset. The first dataset keeps all of its XDR,
   * the others its beginning.
   */
  addUnknown({
    sequence,
    error,
    bytes,
    start,
    end,
    header,
    position,
  }: NonNullable<FeedLedger['unknown']>): void {
    const xdr = bytes.subarray(start, end);
    const digest = createHash('sha256').update(xdr).digest();
    for (const [index, { type, stage }] of this.targets.entries()) {
      // A version that decodes the ledger makes other content of the same bytes.
      stage.hashSource(sequence, 'unknown');
      stage.hashSource(sequence, digest);
      stage.reject(sequence, {
        code: 'UNKNOWN_XDR',
        reason: error.message,
        dataset: type,
        ledger: sequence,
        position,
        offset: start,
        length: xdr.length,
        sha256: digest.toString('hex'),
        raw_base64: (index === 0 ? xdr : xdr.subarray(0, BEGINNING)).toString('base64'),
      });
      stage.closeLedger(sequence);
    }
    this.proofs.unknown(header?.header);
  }

  /** Waits until the buffers are written (back-pressure). */
  async drain(): Promise<void> {
    for (const { stage } of this.targets) await stage.drain();
  }

  /** Closes the files and returns the counts. */
  async finish(): Promise<StagedDataset[]> {
    const staged: StagedDataset[] = [];
    for (const { stage } of this.targets) staged.push(await stage.finish());
    return staged;
  }

  /** Closes the files of a failed pull. Ignores errors, so that the cause of the failure is reported. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.targets.map(({ stage }) => stage.finish()));
  }
}
