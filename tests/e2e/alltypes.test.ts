import { createWriteStream, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { decompress } from '@mongodb-js/zstd';
import { LEDGER_TYPES } from '@parquetry/core';
import type { DataType, Field } from '@parquetry/schema';
import {
  LedgerContext,
  type RowValue,
  readBatchHeader,
  readLedger,
  stellarRows,
  stellarSchemas,
} from '@parquetry/stellar';
import type { BackfillResult } from '@parquetry/workflows';
import { HAS_TEST_DATA, Sandbox, TEST_DATA } from '../support/cli';
import { PYTHON, python } from '../support/python';

interface Compared {
  readonly rows: number;
  readonly expected: number;
  readonly extra: readonly string[];
  readonly missing: readonly string[];
}

/** What `verify --deep` proved from the rows. */
interface Verified {
  readonly rows: Readonly<Record<string, unknown>>;
}

/** Lakes that have every kind of row between them: real ledgers, old and new protocols, upgrades, restores, offers. */
const LAKES: readonly (readonly [folder: string, first: number, last: number])[] = [
  ['lakes/pubnet-1x64000', 63092982, 63092991],
  ['lakes/pubnet-old', 53312000, 53312000],
  ['lakes/testnet-997-999', 997, 999],
  ['core/lakes/InvokeHostFunctionTests-9de975c631418bb4', 2, 45],
  ['core/lakes/InvokeHostFunctionTests-048c93e37abb62ea', 2, 34],
  ['core/lakes/FrozenLedgerKeysTests-27e094a33ea270ce', 2, 29],
  ['core/lakes/OfferTests-b22525840aebaec3', 2, 136],
  ['core/lakes/HerderTests-370dd5e0af5cfa8d', 5, 5],
  ['core/lakes/ledger-close-meta-v2-protocol-29-soroban', 31, 31],
];

const PUBNET = 'Public Global Stellar Network ; September 2015';

/** The ledgers of a lake, as the row builders take them. */
async function ledgersOf(lake: string): Promise<LedgerContext[]> {
  const names = readdirSync(lake, { recursive: true, encoding: 'utf8' });
  const manifest = names.find((name) => name.endsWith('.config.json'));
  const network =
    manifest === undefined
      ? PUBNET
      : (JSON.parse(readFileSync(path.join(lake, manifest), 'utf8')) as { networkPassphrase: string })
          .networkPassphrase;
  const ledgers: LedgerContext[] = [];
  for (const name of names.filter((each) => /\.zstd?$/.test(each))) {
    const bytes = await decompress(readFileSync(path.join(lake, name)));
    const { start, end, offset } = readBatchHeader(bytes, name);
    for (let at = offset, sequence = start; sequence <= end; sequence++) {
      const ledger = readLedger(bytes, at, name);
      ledgers.push(new LedgerContext(ledger, network));
      at = ledger.meta.xdrEnd;
    }
  }
  return ledgers;
}

/** A value as text that keeps every digit; lists and structs member by member. */
function exact(type: DataType, value: RowValue | undefined): unknown {
  if (value === null || value === undefined) return null;
  switch (type.type) {
    case 'bool':
    case 'utf8':
    case 'json':
      return value;
    case 'list':
      return (value as readonly RowValue[]).map((item) => exact(type.items.type, item));
    case 'struct':
      return members(type.fields, value as Readonly<Record<string, RowValue>>);
    case 'decimal128': {
      const digits = String(value);
      const sign = digits.startsWith('-') ? '-' : '';
      const whole = digits.slice(sign.length).padStart(type.scale + 1, '0');
      return `${sign}${whole.slice(0, -type.scale)}.${whole.slice(-type.scale)}`;
    }
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
    case 'float64':
    case 'timestamp':
      return String(value);
  }
}

function members(fields: readonly Field[], row: Readonly<Record<string, RowValue>>): object {
  return Object.fromEntries(fields.map(({ name, type }) => [name, exact(type, row[name])]));
}

const ready = HAS_TEST_DATA && PYTHON !== undefined;

(ready ? describe : describe.skip)(
  `all tables of an archive${ready ? '' : ' [skipped: needs the test data and pyarrow]'}`,
  () => {
    const sandbox = new Sandbox();
    afterAll(() => sandbox.dispose());

    it.each(LAKES)(
      '%s: pyarrow reads exactly the rows of the row builders, which the goldens prove',
      async (folder, first, last) => {
        const lake = path.join(TEST_DATA, folder);
        const archive = sandbox.path(path.basename(folder));
        const { code } = await sandbox.json<BackfillResult>([
          'backfill',
          ...['--source', `galexie:${lake}`, '--archive', archive, '--types', 'all'],
          ...['--ledgers', `${first}-${last}`, '--partition-size', '200'],
        ]);
        expect(code).toBe(0);
        const count = last - first + 1;
        const lumens = { proved: count - 1, unchecked: 1 };
        const references = { effects: count, trades: count, contract_events: count, token_transfers: count };
        const verified = await sandbox.json<Verified>(['verify', '--archive', archive, '--deep']);
        expect(verified).toMatchObject({
          code: 0,
          document: {
            rows: { headers: count, results: count, sets: count, operations: count, references, lumens },
          },
        });
        const ledgers = await ledgersOf(lake);
        const expected = `${archive}.expected`;
        mkdirSync(expected);
        for (const type of LEDGER_TYPES) {
          const fields = stellarSchemas.get(type)?.fields ?? [];
          const stream = createWriteStream(path.join(expected, `${type}.ndjson`));
          for (const ledger of ledgers)
            for (const row of stellarRows(ledger, type))
              stream.write(`${JSON.stringify(members(fields, row))}\n`);
          stream.end();
          await once(stream, 'finish');
        }
        const found = python<Record<string, Compared>>('rows.py', [archive, expected, ...LEDGER_TYPES]);
        expect(Object.keys(found)).toEqual([...LEDGER_TYPES]);
        for (const [type, { rows, expected: want, extra, missing }] of Object.entries(found))
          expect({ type, rows, extra, missing }).toEqual({ type, rows: want, extra: [], missing: [] });
      },
      300_000,
    );
  },
);
