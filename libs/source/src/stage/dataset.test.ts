import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TableSchema } from '@parquetry/schema';
import { DatasetStage } from './dataset';
import { PlainParts } from './plain/parts';

const LEDGERS = 21_000;

const SCHEMA: TableSchema = {
  messageType: 't',
  origin: 'predefined',
  ledgerColumn: 'ledger',
  closeTimeColumn: 'closed_at',
  fields: [
    { id: 1, name: 'ledger', type: { type: 'uint32' }, nullable: false },
    { id: 2, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
  ],
};

describe('the content hash of a stage', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-stage-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  /** The hash of messages of ledgers, in this order. */
  async function hashOf(messages: Iterable<readonly [number, string]>): Promise<string> {
    const stage = new DatasetStage(dir, SCHEMA, 't', new PlainParts(dir, 't', SCHEMA));
    for (const [ledger, text] of messages) stage.hashSource(ledger, text);
    return (await stage.finish()).contentHash;
  }

  /** A message `text` for each ledger. */
  function* round(text: string): Generator<[number, string]> {
    for (let ledger = 1; ledger <= LEDGERS; ledger += 1) yield [ledger, `${text} ${ledger}`];
  }

  it('of messages in ledger order is the same for any number of ledgers', async () => {
    const expected = createHash('sha256');
    for (const [ledger, text] of round('a'))
      expected.update(`${ledger}:`).update(createHash('sha256').update(`${text}\n`).digest());
    expect(await hashOf(round('a'))).toBe(expected.digest('hex'));
  });

  it('depends on every message where ledgers come again after more ledgers than it keeps running', async () => {
    const twice = function* (last: string): Generator<[number, string]> {
      yield* round('a');
      yield* round('b');
      yield [1, last];
    };
    const first = await hashOf(twice('c'));
    expect(await hashOf(twice('c'))).toBe(first);
    expect(await hashOf(twice('d'))).not.toBe(first);
    const missing = [...twice('c')].filter(([ledger, text]) => !(ledger === 5 && text.startsWith('a')));
    expect(await hashOf(missing)).not.toBe(first);
  });
});
