import type { DataType, TableSchema } from '@parquetry/schema';
import { readStage } from '../testing/readback';
import { Workspace } from '../testing/workspace';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.create();
});
afterEach(() => workspace.remove());

function schemaWith(type: DataType, nullable = true): TableSchema {
  return {
    messageType: 't',
    origin: 'predefined',
    ledgerColumn: 'ledger_sequence',
    closeTimeColumn: 'closed_at',
    fields: [
      { id: 1, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false },
      { id: 2, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
      { id: 3, name: 'v', type, nullable },
    ],
  };
}

/** What a column makes of one value: the text DuckDB reads, or the code of the reject. */
async function outcomes(type: DataType, values: readonly string[], nullable = true): Promise<string[]> {
  const lines = values.map(
    (value, row) => `{"message_type":"t","t":{"v":${value}},"ledger":${row + 1},"closed_at":0}`,
  );
  const envelope = schemaWith(type, nullable);
  const schema = {
    ...envelope,
    fields: [
      ...envelope.fields,
      { id: 4, name: 'message_type', type: { type: 'utf8' as const }, nullable: true },
      { id: 5, name: 'ledger', type: { type: 'int64' as const }, nullable: true },
    ],
  };
  const source = await workspace.open(await workspace.write('in', lines), {
    schemas: new Map([['t', schema]]),
  });
  const index = await workspace.prepare(source);
  const { stageDir, manifest } = await workspace.pull(source, index);
  const rows = manifest.datasets[0]!.rows === 0 ? [] : await readStage(stageDir, index.datasets[0]!.schema);
  const rejects = await workspace.rejects(stageDir, 't');
  expect(rows.length + rejects.length).toBe(values.length);
  return values.map((_, row) => {
    const reject = rejects.find(({ ledger }) => ledger === row + 1);
    if (reject === undefined)
      return String(rows.find(({ ledger_sequence }) => ledger_sequence === row + 1)!['v']);
    // A repeated key is named itself, not its column.
    expect(reject).toMatchObject({
      dataset: 't',
      column: expect.stringMatching(reject.code === 'DUPLICATE_KEY' ? /^a$/ : /^v/),
      raw: lines[row],
      position: `${workspace.file('in')}:${row + 1}`,
    });
    return reject.code;
  });
}

describe('a column accepts or refuses', () => {
  it.each<[DataType, [string, string][]]>([
    [
      { type: 'bool' },
      [
        ['true', 'true'],
        ['null', 'null'],
        ['1', 'TYPE_MISMATCH'],
        ['"true"', 'TYPE_MISMATCH'],
      ],
    ],
    [
      { type: 'uint32' },
      [
        ['0', '0'],
        ['-0', '0'],
        ['4294967295', '4294967295'],
        ['4294967296', 'INT_OUT_OF_RANGE'],
        ['-1', 'INT_OUT_OF_RANGE'],
        ['1.0', '1'],
        ['1e2', '100'],
        ['1.5', 'NOT_INTEGER'],
        ['1e-1', 'NOT_INTEGER'],
        ['1e400', 'INT_OUT_OF_RANGE'],
        ['"5"', 'TYPE_MISMATCH'],
        ['true', 'TYPE_MISMATCH'],
        ['[5]', 'TYPE_MISMATCH'],
        ['99999999999999999999999999', 'INT_OUT_OF_RANGE'],
      ],
    ],
    [
      { type: 'int32' },
      [
        ['-2147483648', '-2147483648'],
        ['2147483647', '2147483647'],
        ['2147483648', 'INT_OUT_OF_RANGE'],
        ['-2147483649', 'INT_OUT_OF_RANGE'],
      ],
    ],
    [
      { type: 'int64' },
      [
        ['9007199254740993', '9007199254740993'],
        ['-9223372036854775808', '-9223372036854775808'],
        ['9223372036854775808', 'INT_OUT_OF_RANGE'],
        ['9.223372036854775807e18', '9223372036854775807'],
        ['-9223372036854775809', 'INT_OUT_OF_RANGE'],
      ],
    ],
    [
      { type: 'uint64' },
      [
        ['18446744073709551615', '18446744073709551615'],
        ['18446744073709551616', 'INT_OUT_OF_RANGE'],
        ['-1', 'INT_OUT_OF_RANGE'],
        ['1.8446744073709551615e19', '18446744073709551615'],
      ],
    ],
    [
      { type: 'float64' },
      [
        ['0.1', '0.1'],
        ['1e400', 'NOT_EXACT'],
        ['9007199254740993', 'NOT_EXACT'],
        ['"NaN"', 'TYPE_MISMATCH'],
        ['9007199254740994', '9007199254740994'],
        // JavaScript prints a double's shortest decimal.
        ['1152921504606846976', '1152921504606847000'],
        ['1152921504606847000', 'NOT_EXACT'],
        ['1.152921504606847e18', 'NOT_EXACT'],
        ['115292150460684697600e-2', '1152921504606847000'],
        ['-1152921504606846976.00', '-1152921504606847000'],
        ['1e23', 'NOT_EXACT'],
      ],
    ],
    [
      { type: 'decimal128', precision: 19, scale: 7 },
      [
        ['"922337203685.4775807"', '922337203685.4775807'],
        ['"\\u0031\\u002e5"', '1.5000000'],
        ['"\\u002B1"', 'NOT_DECIMAL'],
        ['922337203685.4775807', '922337203685.4775807'],
        ['1.00000000', '1.0000000'],
        ['0.00000001', 'DECIMAL_OUT_OF_RANGE'],
        ['1000000000000', 'DECIMAL_OUT_OF_RANGE'],
        ['""', 'NOT_DECIMAL'],
        ['"1e3"', 'NOT_DECIMAL'],
        ['" 1"', 'NOT_DECIMAL'],
        ['"-"', 'NOT_DECIMAL'],
        ['"1."', 'NOT_DECIMAL'],
        ['1e3', '1000.0000000'],
        ['true', 'TYPE_MISMATCH'],
      ],
    ],
    [
      { type: 'utf8' },
      [
        ['"a"', 'a'],
        ['""', ''],
        ['5', 'TYPE_MISMATCH'],
        ['{}', 'TYPE_MISMATCH'],
        ['"\\ud800"', 'LONE_SURROGATE'],
        ['"\\ud83d\\ude00"', '😀'],
      ],
    ],
    [
      { type: 'json' },
      [
        ['{"a": 1.10}', '{"a": 1.10}'],
        ['"\\ud800"', '"\\ud800"'],
        ['1e400', '1e400'],
        ['null', 'null'],
        ['[\t"é\\n"]', '[\t"é\\n"]'],
        ['{"a":1,"a":2}', 'DUPLICATE_KEY'],
      ],
    ],
    [
      { type: 'timestamp', unit: 'us', timezone: 'UTC' },
      [
        ['"2025-07-13T11:36:17.5+02:00"', '2025-07-13 09:36:17.5+00'],
        ['"2025-07-13T11:36:17.5\\u002B02:00"', '2025-07-13 09:36:17.5+00'],
        ['"2025-07-13T11:36:17"', 'BAD_TIME'],
        ['"2025-07-13T11:36:17.1234567Z"', 'TIME_PRECISION'],
        ['"0000-01-01T00:00:00Z"', 'TIME_OUT_OF_RANGE'],
        ['1752399377', 'TYPE_MISMATCH'],
      ],
    ],
    [
      { type: 'list', items: { id: 9, name: 'element', type: { type: 'int64' }, nullable: false } },
      [
        ['[1,2]', '[1, 2]'],
        ['[]', '[]'],
        ['[null]', 'NULL_VALUE'],
        ['["x"]', 'TYPE_MISMATCH'],
        ['{}', 'TYPE_MISMATCH'],
      ],
    ],
    [
      {
        type: 'struct',
        fields: [
          { id: 9, name: 'a', type: { type: 'int64' }, nullable: false },
          { id: 10, name: 'b', type: { type: 'utf8' }, nullable: true },
        ],
      },
      [
        ['{"a":1}', "{'a': 1, 'b': NULL}"],
        ['{"b":"x"}', 'NULL_VALUE'],
        ['{"a":"x"}', 'TYPE_MISMATCH'],
        ['[]', 'TYPE_MISMATCH'],
        ['{"a":null}', 'NULL_VALUE'],
        ['{"a":1,"c":null}', "{'a': 1, 'b': NULL}"],
      ],
    ],
  ])('%j', async (type, cases) => {
    expect(
      await outcomes(
        type,
        cases.map(([value]) => value),
      ),
    ).toEqual(cases.map(([, outcome]) => outcome));
  });

  it('nulls in non-nullable columns', async () => {
    expect(await outcomes({ type: 'int64' }, ['null', '1'], false)).toEqual(['NULL_VALUE', '1']);
  });
});

describe('a message', () => {
  it('is unwrapped: inner values win, the envelope fills nulls, and nothing is dropped', async () => {
    const lines = [
      '{"message_type":"t","t":{"a":1,"b":null,"closed_at":"2025-07-13T09:36:17Z"},"a":2,"b":3,"c":4,"ledger_sequence":7}',
      '{"message_type":"t","t":[1],"ledger_sequence":8,"closed_at":0}',
    ];
    const source = await workspace.open(await workspace.write('in', lines));
    const index = await workspace.prepare(source);
    const { stageDir, manifest } = await workspace.pull(source, index);
    const rows = await readStage(stageDir, index.datasets[0]!.schema);
    expect(
      rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, String(value)]))),
    ).toEqual([
      {
        a: '1',
        b: '3',
        c: '4',
        closed_at: '2025-07-13 09:36:17+00',
        ledger_sequence: '7',
        message_type: 't',
        t: 'null',
      },
      {
        a: 'null',
        b: 'null',
        c: 'null',
        closed_at: '1970-01-01 00:00:00+00',
        ledger_sequence: '8',
        message_type: 't',
        t: '[1]',
      },
    ]);
    expect(manifest.datasets[0]?.columns).toMatchObject({
      a: { nulls: 1, min: '1', max: '1' },
      closed_at: { nulls: 0, min: '0', max: '1752399377000000' },
      ledger_sequence: { nulls: 0, min: '7', max: '8' },
      message_type: { nulls: 0 },
    });
  });

  it('with a key that the schema lacks is refused, not cut', async () => {
    const source = await workspace.open(
      await workspace.write('in', ['{"type":"t","ledger":1,"closed_at":0,"x":{"y":1}}']),
    );
    const index = await workspace.prepare(source);
    const hide = (name: string) => ({
      ...index,
      datasets: index.datasets.map((entry) => ({
        ...entry,
        schema: { ...entry.schema, fields: entry.schema.fields.filter((field) => field.name !== name) },
      })),
    });
    const { manifest, stageDir } = await workspace.pull(source, hide('x'));
    expect(manifest.datasets[0]).toMatchObject({
      rows: 0,
      rejected: 1,
      rejectedLedgers: [{ ledger: 1, rejected: 1 }],
    });
    expect(await workspace.rejects(stageDir, 't')).toEqual([
      expect.objectContaining({ code: 'UNKNOWN_COLUMN', column: 'x' }),
    ]);
  });

  it.each(['struct', 'flatten'] as const)(
    'with nulls under keys that the schema lacks is a row like any other, at any depth (%s)',
    async (nesting) => {
      const known = '"type":"t","closed_at":0,"o":{"a":1,"p":{"b":2}},"l":[{"c":3}]';
      const nulls = known
        .replace('"a":1', '"a":1,"new":null')
        .replace('"b":2', '"new":null,"b":2')
        .replace('"c":3', '"c":3,"new":null');
      const lines = [
        `{${known},"ledger":1}`,
        `{${nulls},"ledger":2,"new":null}`,
        `{${known},"ledger":3,"new":0}`,
        `{${known.replace('"b":2', '"b":2,"new":0')},"ledger":4}`,
      ];
      const source = await workspace.open(await workspace.write('in', lines.slice(0, 2)), { nesting });
      const index = await workspace.prepare(source);
      const { schema } = index.datasets[0]!;
      expect(JSON.stringify(schema)).not.toContain('new');
      // As under the contract reject_row: the schema is what it was, and two messages have values that it lacks.
      const again = await workspace.open(await workspace.write('again', lines), {
        nesting,
        schemas: new Map([['t', schema]]),
      });
      const grown = await workspace.prepare(again);
      expect(JSON.stringify(grown.datasets[0]!.schema).match(/"name":"(o_p_)?new"/g)).toHaveLength(2);
      const datasets = grown.datasets.map((entry) => ({ ...entry, schema }));
      const { stageDir, manifest } = await workspace.pull(again, { ...grown, datasets });
      expect(manifest.datasets[0]).toMatchObject({ rows: 2, rejected: 2 });
      expect(await workspace.rejects(stageDir, 't')).toMatchObject([
        { code: 'UNKNOWN_COLUMN', column: 'new', ledger: 3 },
        { code: 'UNKNOWN_COLUMN', column: 'o.p.new', ledger: 4 },
      ]);
      const [first, second] = await readStage(stageDir, schema);
      // A column of JSON text has the text as it came.
      const other =
        nesting === 'flatten' ? ['l', 'ledger', 'ledger_sequence'] : ['ledger', 'ledger_sequence'];
      for (const { name } of schema.fields)
        if (other.includes(name)) expect(String(second?.[name])).not.toBe(String(first?.[name]));
        else expect([name, String(second?.[name])]).toEqual([name, String(first?.[name])]);
    },
  );

  it('with an unknown key in an object under the empty key is refused with the whole path', async () => {
    const line = (more: string) => `{"type":"t","ledger":1,"closed_at":0,"":{"a":1${more}}}`;
    const source = await workspace.open(await workspace.write('in', [line('')]), { nesting: 'flatten' });
    const { datasets } = await workspace.prepare(source);
    const again = await workspace.open(await workspace.write('again', [line(',"b":2')]), {
      nesting: 'flatten',
    });
    const { stageDir } = await workspace.pull(again, { ...(await workspace.prepare(again)), datasets });
    expect(await workspace.rejects(stageDir, 't')).toMatchObject([
      { code: 'UNKNOWN_COLUMN', column: '.b', expected: 'no such member' },
    ]);
  });

  it('that is rejected leaves no trace in counts, bounds or the inferred schema', async () => {
    const lines = [
      '{"type":"t","ledger":1,"closed_at":0,"x":1}',
      '{"type":"t","ledger":1,"closed_at":0,"x":99,"s":"\\ud800"}',
      '{"type":"t","ledger":1,"closed_at":0,"x":"y","z":1,"z":2}',
    ];
    const source = await workspace.open(await workspace.write('in', lines));
    const index = await workspace.prepare(source);
    expect(index.datasets[0]?.schema.fields.map(({ name }) => name)).toEqual([
      'closed_at',
      'ledger',
      'ledger_sequence',
      's',
      'type',
      'x',
    ]);
    const { manifest } = await workspace.pull(source, index);
    expect(manifest.datasets[0]).toMatchObject({
      rows: 1,
      rejected: 2,
      messages: 3,
      columns: { x: { nulls: 0, min: '1', max: '1' }, s: { nulls: 1 } },
    });
  });
});
