import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LedgerRange } from '@parquetry/core';
import type { Row, RowValue } from '@parquetry/stellar';
import { contractDataSchema, LedgerContext, readLedger, stellarRows } from '@parquetry/stellar';
import { replaceFile } from '@parquetry/system';
import type { ChainOptions } from './ledger';
import { closeLedgers } from './ledger';
import type { SampleOptions } from './options';
import { sampleChain } from './options';

/** Options of sample messages. */
export interface SampleMessagesOptions extends SampleOptions {
  /** NDJSON file; its folder is created if it does not exist. */
  readonly file: string;
}

/** What was written. */
export interface SampleMessages {
  readonly file: string;
  readonly ledgers: LedgerRange;
  readonly messages: number;
  readonly bytes: number;
}

/** Columns of the envelope; all others are in the nested object. */
const ENVELOPE = new Set(['ledger_sequence', 'message_type', 'processor_name']);

/**
 * Writes the contract data of the sample lake's ledgers (same options, same state) as a processor's messages: one JSON
 * object per line, `{"contract_data": {…}, "ledger_sequence": …, "message_type": "contract_data", "processor_name":
 * …}`.
 * @throws ParquetryError USAGE for options out of range
 */
export async function writeSampleMessages(options: SampleMessagesOptions): Promise<SampleMessages> {
  const { chain, network, range } = sampleChain(options);
  const file = resolve(options.file);
  await mkdir(dirname(file), { recursive: true });
  const total = { messages: 0, bytes: 0 };
  const counted = function* (): Generator<Buffer> {
    for (const line of messageLines(chain, network)) {
      const bytes = Buffer.from(line, 'utf8');
      total.messages += 1;
      total.bytes += bytes.length;
      yield bytes;
    }
  };
  await replaceFile(file, (draft) => pipeline(Readable.from(counted()), createWriteStream(draft)));
  return { file, ledgers: range, ...total };
}

function* messageLines(chain: ChainOptions, network: string): Generator<string> {
  const types = new Map(contractDataSchema.fields.map(({ name, type }) => [name, type.type]));
  for (const { meta, sequence } of closeLedgers(chain)) {
    const ledger = readLedger(meta.toXDR(), 0, `sample ledger ${sequence}`);
    const context = new LedgerContext(ledger, network);
    for (const row of stellarRows(context, 'contract_data')) yield message(row, types);
  }
}

function message(row: Row, types: ReadonlyMap<string, string>): string {
  const inner: string[] = [];
  const outer: string[] = [];
  for (const [name, value] of Object.entries(row)) {
    const field = `${JSON.stringify(name)}:${json(value, types.get(name))}`;
    (ENVELOPE.has(name) ? outer : inner).push(field);
  }
  return `{"contract_data":{${inner.join(',')}},${outer.join(',')}}\n`;
}

function json(value: RowValue, type: string | undefined): string {
  if (value === null) return 'null';
  if (type === 'json') return String(value);
  if (type === 'timestamp') return `"${new Date(Number(value) / 1000).toISOString().slice(0, 19)}Z"`;
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}
