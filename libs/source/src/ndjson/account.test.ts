import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { difference, readStage } from './testing/readback';
import { JsonScanner, NODE, type TableSchema } from '@parquetry/schema';
import { ALL, Workspace } from './testing/workspace';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.create();
});
afterEach(() => workspace.remove());

describe('in = out + rejected + filtered', () => {
  const seeds = [
    '{"message_type":"a","a":{"amount":1.5,"to":"x"},"ledger_sequence":5,"closed_at":"2025-07-13T09:36:17Z"}',
    '{"type":"b","ledger":"7","closed_at":1752399377000,"list":[1,{"k":"\\ud83d\\ude00"}],"e":null}',
    '{"_schema":"c.v1","meta":{"ledgerSequence":9,"closedAt":"2025-07-13T09:36:17+02:00"},"deep":[[[{}]]]}',
  ].map((text) => Buffer.from(text));
  const line = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(
        fc.tuple(fc.nat(120), fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]",:\\0-.e')))),
        { maxLength: 3 },
      ),
    )
    .map(([seed, edits]) => {
      const bytes = Buffer.from(seed);
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte === 10 ? 32 : byte;
      return bytes;
    });

  it('whatever the bytes are, and no input crashes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 60 }),
        fc.constantFrom('\n', '\r\n'),
        async (lines, end) => {
          const source = await workspace.open(
            await workspace.write('in', Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.from(end)]))),
          );
          const index = await workspace.prepare(source, { start: 1, end: 8 });
          const messages = index.datasets.reduce((sum, dataset) => sum + (dataset.messages as number), 0);
          expect(messages + index.unusable + index.filtered).toBe(lines.length);
          expect(await workspace.rejects()).toHaveLength(index.unusable);
          let staged = 0;
          for (const range of [
            { start: 1, end: 5 },
            { start: 6, end: 8 },
          ]) {
            const { manifest, stageDir } = await workspace.pull(source, index, range);
            for (const { dataset, rows, rejected, ledgers, rejectedLedgers } of manifest.datasets) {
              staged += rows + rejected;
              const schema = index.datasets.find((entry) => entry.dataset === dataset)!.schema;
              if (rows > 0) expect(await readStage(stageDir, schema)).toHaveLength(rows);
              expect(await workspace.rejects(stageDir, dataset)).toHaveLength(rejected);
              expect(ledgers.reduce((sum, ledger) => sum + ledger.rows, 0)).toBe(rows);
              expect(rejectedLedgers.reduce((sum, ledger) => sum + ledger.rejected, 0)).toBe(rejected);
              for (const { ledger } of [...ledgers, ...rejectedLedgers])
                expect(ledger >= range.start && ledger <= range.end).toBe(true);
            }
          }
          expect(staged).toBe(messages);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});

const shapes = path.join(
  process.env['PARQUETRY_TEST_DATA'] ?? path.resolve(__dirname, '../../../../../shared/data'),
  'messages/reference-shapes.ndjson',
);
const has = existsSync(shapes);

describe('the message forms of the reference program', () => {
  (has ? it : it.skip)(
    `are rows, exactly, or rejects with reasons${has ? '' : ' (test data is absent)'}`,
    async () => {
      const source = await workspace.open(shapes);
      const index = await workspace.prepare(source);
      const { manifest, stageDir } = await workspace.pull(source, index);
      expect(
        Object.fromEntries(
          manifest.datasets.map(({ dataset, rows, rejected }) => [dataset, `${rows}+${rejected}`]),
        ),
      ).toEqual({
        claimable_balance: '1+0',
        contract: '1+0',
        network_metrics: '1+0',
        new_pair: '1+0',
        operation: '1+0',
        payment: '1+0',
        phoenix_amm: '1+0',
        stellar: '0+1',
        stellar_contract_events: '1+0',
        stellar_effects: '1+0',
        swap: '1+0',
        sync: '1+0',
        trustline: '1+0',
      });
      const codes = (await workspace.rejects()).map(({ code }) => code);
      expect(codes.filter((code) => code === 'NO_MESSAGE_TYPE')).toHaveLength(14);
      expect(codes.filter((code) => code === 'NO_LEDGER')).toHaveLength(6);
      expect(index.unusable).toBe(20);
      expect(await workspace.rejects(stageDir, 'stellar')).toMatchObject([
        { code: 'NO_CLOSE_TIME', ledger: 426007, position: `${shapes}:14` },
      ]);
      const scanner = new JsonScanner();
      const lines = readFileSync(shapes, 'utf8').trimEnd().split('\n');
      for (const { dataset, schema } of index.datasets.filter((entry) => entry.dataset !== 'stellar')) {
        const [row] = await readStage(stageDir, schema);
        const text = lines.find((candidate) =>
          new RegExp(`"(message_type|type)":"${dataset}"`).test(candidate),
        )!;
        expect(scanner.scan(Buffer.from(text), 0, Buffer.byteLength(text))).toBe(true);
        for (let key = NODE; key < scanner.tape.next(0); key = scanner.tape.next(key + NODE)) {
          const field = schema.fields.find(
            (candidate) => (candidate.key ?? candidate.name) === scanner.tape.string(key),
          )!;
          expect(difference(row![field.name]!, field.type, scanner.tape, key + NODE)).toBeUndefined();
        }
      }
    },
  );

  (has ? it : it.skip)(
    `that name no type can be given one${has ? '' : ' (test data is absent)'}`,
    async () => {
      const lines = readFileSync(shapes, 'utf8').trimEnd().split('\n');
      const file = await workspace.write('in', [lines[8] as string]);
      const source = await workspace.open(file, { messageType: 'event_payment' });
      const index = await workspace.prepare(source, ALL, ['event_payment']);
      const { stageDir } = await workspace.pull(source, index);
      const schema = index.datasets[0]?.schema as TableSchema;
      expect(String((await readStage(stageDir, schema))[0]?.['amount'])).toBe('18446744073709551615');
      expect(index.datasets[0]?.schema.fields.find(({ name }) => name === 'amount')?.type).toEqual({
        type: 'uint64',
      });
    },
  );
});
