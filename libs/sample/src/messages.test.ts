import { mkdtempSync, readFileSync, rmSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractDataSchema } from '@parquetry/stellar';
import { xdr } from '@stellar/stellar-base';
import { writeSampleMessages } from './messages';

describe('the sample messages', () => {
  let root: string;
  beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'parquetry-messages-'))));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('are contract_data messages of the published form', async () => {
    const file = join(root, 'deep', 'messages.ndjson');
    const summary = await writeSampleMessages({ file, ledgers: 60 });
    const bytes = readFileSync(file);
    const lines = bytes.toString('utf8').trimEnd().split('\n');
    expect(summary).toEqual({
      ...{ file, ledgers: { start: 426_000, end: 426_059 } },
      ...{ messages: lines.length, bytes: bytes.length },
    });
    expect(lines.length).toBeGreaterThan(100);
    const known = new Set(contractDataSchema.fields.map(({ name }) => name));
    let last = 0;
    for (const line of lines) {
      const message = JSON.parse(line) as Record<string, unknown>;
      expect(Object.keys(message)).toEqual([
        'contract_data',
        'ledger_sequence',
        'message_type',
        'processor_name',
      ]);
      expect(message).toMatchObject({
        message_type: 'contract_data',
        processor_name: 'contract_data_processor',
      });
      const ledger = message['ledger_sequence'] as number;
      expect(ledger).toBeGreaterThanOrEqual(last);
      last = ledger;
      const data = message['contract_data'] as Record<string, unknown>;
      expect(Object.keys(data).filter((name) => !known.has(name))).toEqual([]);
      expect(data['closed_at']).toMatch(/^2025-07-1[34]T\d\d:\d\d:\d\dZ$/);
      expect(data['contract_id']).toMatch(/^C[A-Z2-7]{55}$/);
      const entry = xdr.ContractDataEntry.fromXDR(String(data['contract_data_xdr']), 'base64');
      expect(entry.key().toXDR('base64')).toBe(data['key']);
      expect(entry.val().toXDR('base64')).toBe(data['val']);
    }
    // 128-bit values stand as decimal text in the decoded forms.
    expect(lines.some((line) => /"i128":"\d{22,}"/.test(line))).toBe(true);
    expect(readdirSync(join(root, 'deep'))).toEqual(['messages.ndjson']);
  });

  it('are the same for the same options', async () => {
    const write = async (name: string): Promise<string> => {
      const { file } = await writeSampleMessages({ file: join(root, name), ledgers: 20 });
      return readFileSync(file, 'utf8');
    };
    expect(await write('a')).toBe(await write('b'));
  });
});
