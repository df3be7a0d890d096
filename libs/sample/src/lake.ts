import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { compress } from '@mongodb-js/zstd';
import type { LedgerRange } from '@parquetry/core';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { type LakeLayout, batchRange, objectKey } from '@parquetry/stellar';
import { replaceFile } from '@parquetry/system';
import { xdr } from '@stellar/stellar-base';
import type { ClosedLedger } from './ledger';
import { closeLedgers } from './ledger';
import type { SampleOptions } from './options';
import { sampleChain } from './options';

/** Options of a sample lake: its folder and how it is split into objects. */
export interface SampleLakeOptions extends SampleOptions {
  /** Folder of the lake; created if it does not exist. */
  readonly dir: string;
  /** Default: 4 ledgers per object, 16 objects per folder. */
  readonly layout?: LakeLayout;
}

/** What was written. */
export interface SampleLake {
  readonly dir: string;
  readonly network: string;
  readonly ledgers: LedgerRange;
  /** ISO 8601, UTC, of the first and the last ledger. */
  readonly closedFrom: string;
  readonly closedTo: string;
  readonly files: number;
  readonly bytes: number;
  readonly transactions: number;
  readonly failedTransactions: number;
  readonly contractEvents: number;
}

const LAYOUT: LakeLayout = { ledgersPerBatch: 4, batchesPerPartition: 16 };
/** Records which sample a folder contains: two samples in one folder would be a lake with a broken chain. */
const MARK = '.sample.json';
const ZSTD_LEVEL = 3;

/**
 * Writes a SEP-54 ledger lake of a fictional network. The same options give the same bytes, so writing it again is
 * harmless. A folder with another lake is refused.
 * @throws ParquetryError USAGE for options out of range, CONFIG_INVALID for a folder with another lake or no folder
 */
export async function writeSampleLake(options: SampleLakeOptions): Promise<SampleLake> {
  const { network, range, chain, midnight, iso } = sampleChain(options);
  const { seed } = chain;
  const layout = options.layout ?? LAYOUT;
  checkLayout(layout);
  const dir = resolve(options.dir);
  await claim(dir, `${JSON.stringify({ network, range, layout, seed, midnight })}\n`);
  await replaceFile(join(dir, '.config.json'), manifest(network, layout));
  const total = { files: 0, bytes: 0, transactions: 0, failedTransactions: 0, contractEvents: 0 };
  let batch: ClosedLedger[] = [];
  const flush = async (): Promise<void> => {
    const first = batch[0];
    if (first === undefined) return;
    total.bytes += await writeBatch(join(dir, objectKey(layout, first.sequence)), batch);
    total.files += 1;
    batch = [];
  };
  for (const ledger of closeLedgers(chain)) {
    batch.push(ledger);
    total.transactions += ledger.transactions;
    total.failedTransactions += ledger.failed;
    total.contractEvents += ledger.contractEvents;
    if (ledger.sequence === batchRange(layout, ledger.sequence).end) await flush();
  }
  await flush();
  return { dir, network, ledgers: range, closedFrom: iso(0), closedTo: iso(chain.count - 1), ...total };
}

async function writeBatch(path: string, ledgers: readonly ClosedLedger[]): Promise<number> {
  const batch = new xdr.LedgerCloseMetaBatch({
    startSequence: (ledgers[0] as ClosedLedger).sequence,
    endSequence: (ledgers[ledgers.length - 1] as ClosedLedger).sequence,
    ledgerCloseMeta: ledgers.map(({ meta }) => meta),
  });
  const bytes = await compress(batch.toXDR(), ZSTD_LEVEL);
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, bytes);
  return bytes.length;
}

/** Marks the folder as the folder of this sample; refuses a folder with other content. */
async function claim(dir: string, mark: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    const names = await readdir(dir);
    if (names.length === 0) await replaceFile(join(dir, MARK), mark);
    else if (!names.includes(MARK)) throw refused(dir, 'it is not empty');
    else if ((await readFile(join(dir, MARK), 'utf8')) !== mark)
      throw refused(dir, 'it holds a sample lake made with other options');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST' || code === 'ENOTDIR') throw refused(dir, 'it is not a folder');
    if (code === 'EACCES' || code === 'EROFS') throw refused(dir, 'it is not writable');
    throw error;
  }
}

function refused(dir: string, why: string): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `The sample lake can't be written to ${dir}: ${why}.`, {
    details: { dir },
    hint: 'Name a new folder.',
  });
}

function manifest(network: string, layout: LakeLayout): string {
  const config = {
    networkPassphrase: network,
    version: '1.0',
    compression: 'zstd',
    ledgersPerBatch: layout.ledgersPerBatch,
    batchesPerPartition: layout.batchesPerPartition,
  };
  return `${JSON.stringify(config)}\n`;
}

function checkLayout({ ledgersPerBatch, batchesPerPartition }: LakeLayout): void {
  const bad = [ledgersPerBatch, batchesPerPartition].some(
    (each) => !Number.isInteger(each) || each < 1 || each > 1_000_000,
  );
  if (bad)
    throw new ParquetryError(
      'USAGE',
      `A lake of ${ledgersPerBatch} ledgers an object and ${batchesPerPartition} objects a folder can't be written.`,
      { hint: 'Both are whole numbers from 1 to 1000000.' },
    );
}
