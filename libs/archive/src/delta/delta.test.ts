import fc from 'fast-check';
import type { ColumnTally } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { keyFault } from '@parquetry/storage';
import type { Action } from './actions';
import { formatCommit } from './format';
import { parseAction, parseCommit } from './parse';
import { commitName, decodePath, encodePath, parseLogName } from './paths';
import { assertReadable, assertWritable, TABLE_PROTOCOL } from './protocol';
import { deltaSchema, schemaFault } from './schema';
import { TableState } from './state';
import { formatStats, statsRows } from './stats';
import { indexedColumns, indexedNames } from './indexed';

const column = (name: string, type: TableSchema['fields'][number]['type'], nullable = true) => ({
  id: 1,
  name,
  type,
  nullable,
});

const schema = (...fields: TableSchema['fields']): TableSchema => ({
  messageType: 't',
  origin: 'predefined',
  fields,
  ledgerColumn: 'l',
  closeTimeColumn: 'c',
});

const metaData = {
  id: 'x',
  format: { provider: 'parquet', options: {} },
  schemaString: '{}',
  partitionColumns: [],
  configuration: {},
};

describe('paths of the log', () => {
  it('percent-encode and come back', () => {
    expect(encodePath('year=2025/a b%/é.parquet')).toBe('year=2025/a%20b%25/%C3%A9.parquet');
    const part = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 9 })
      .filter((text) => keyFault(text) === undefined);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const encoded = encodePath(parts.join('/'));
        expect(encoded).toMatch(/^[A-Za-z0-9\-_.!~*'()=%/]+$/);
        expect(decodePath(encoded)).toBe(parts.join('/'));
      }),
    );
  });

  it.each([
    ['s3://other/x', 'LOG_UNSUPPORTED'],
    ['/etc/passwd', 'LOG_UNSUPPORTED'],
    ['file:/x', 'LOG_UNSUPPORTED'],
    ['../x', 'LOG_CORRUPT'],
    ['a/%2e%2e/x', 'LOG_CORRUPT'],
    ['a%2F..%2F..%2Fx', 'LOG_CORRUPT'],
    ['a%00', 'LOG_CORRUPT'],
    ['%zz', 'LOG_CORRUPT'],
    ['', 'LOG_CORRUPT'],
  ])('refuse %j', (path, code) => {
    expect(() => decodePath(path)).toThrow(expect.objectContaining({ code }));
  });

  it('recognises the files of a log by name', () => {
    expect(commitName(12)).toBe('00000000000000000012.json');
    expect(parseLogName('00000000000000000012.json')).toEqual({ kind: 'commit', version: 12 });
    expect(parseLogName('00000000000000000012.checkpoint.parquet')).toMatchObject({
      kind: 'checkpoint',
      parts: 1,
    });
    expect(parseLogName('00000000000000000012.checkpoint.0000000002.0000000003.parquet')).toEqual({
      kind: 'checkpoint',
      version: 12,
      part: 2,
      parts: 3,
    });
    for (const name of [
      '_last_checkpoint',
      '12.json',
      '00000000000000000012.crc',
      'x/00000000000000000012.json',
    ])
      expect(parseLogName(name)).toBeUndefined();
  });
});

describe('actions', () => {
  it('come back from their text', () => {
    const actions: Action[] = [
      { protocol: TABLE_PROTOCOL },
      { metaData: { ...metaData, name: 'n', configuration: { a: 'b' }, createdTime: 5 } },
      {
        add: {
          path: 'y=1/a b',
          partitionValues: { y: '1', z: null },
          size: 1,
          modificationTime: 2,
          dataChange: true,
          stats: '{}',
          tags: { t: 'u' },
        },
      },
      {
        remove: {
          path: 'y=1/é',
          dataChange: false,
          deletionTimestamp: 3,
          extendedFileMetadata: true,
          partitionValues: {},
          size: 9,
        },
      },
      { txn: { appId: 'a', version: 3, lastUpdated: 4 } },
      { domainMetadata: { domain: 'd', configuration: 'c', removed: false } },
      { commitInfo: { operation: 'WRITE' } },
    ];
    expect(parseCommit(formatCommit(actions), 'x')).toEqual(actions);
  });

  it('ignore unknown members and read the nulls and bigints of checkpoints', () => {
    expect(parseCommit('{"cdc":{"path":"x"}}\n\n{"txn":{"appId":"a","version":1,"new":2}}\n', 'x')).toEqual([
      { txn: { appId: 'a', version: 1 } },
    ]);
    expect(
      parseAction({ add: null, txn: { appId: 'a', version: 7n, lastUpdated: null }, remove: undefined }, 'x'),
    ).toEqual({ txn: { appId: 'a', version: 7 } });
  });

  it.each([
    'not json',
    '[]',
    '7',
    '{"add":{"path":7}}',
    '{"add":{"path":"x","size":"1","modificationTime":1}}',
    '{"add":{"path":"x","size":1.5,"modificationTime":1}}',
    '{"add":{"path":"x","size":1,"modificationTime":1,"partitionValues":{"a":1}}}',
    '{"txn":{"appId":"a","version":99999999999999999999}}',
    '{"metaData":{"id":"x","schemaString":"{}","partitionColumns":[1]}}',
    '{"protocol":{}}',
  ])('refuse %s', (line) => {
    expect(() => parseCommit(line, 'x')).toThrow(expect.objectContaining({ code: 'LOG_CORRUPT' }));
  });

  it('keep a hostile member name a plain name', () => {
    const [action] = parseCommit(
      '{"add":{"path":"x","size":1,"modificationTime":1,"partitionValues":{"__proto__":"y"}}}',
      'x',
    );
    const values = (action as { add: { partitionValues: object } }).add.partitionValues;
    expect(Object.keys(values)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
  });
});

describe('TableState', () => {
  it('is the result of the last commits', () => {
    const add = (path: string): Action => ({
      add: { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true },
    });
    const state = new TableState();
    state.commit(0, [{ protocol: TABLE_PROTOCOL }, { metaData }, add('a'), add('b')]);
    state.commit(1, [add('c'), { remove: { path: 'a', dataChange: true } }]);
    state.commit(2, [{ domainMetadata: { domain: 'd', configuration: '1', removed: false } }]);
    expect([...state.files.keys()]).toEqual(['b', 'c']);
    expect([...state.removed.keys()]).toEqual(['a']);
    expect(state.domains.get('d')).toBe('1');
    state.commit(3, [add('a'), { domainMetadata: { domain: 'd', configuration: '', removed: true } }]);
    expect(state.removed.size + state.domains.size).toBe(0);
    expect(() => state.commit(5, [])).toThrow(expect.objectContaining({ code: 'LOG_CORRUPT' }));
    expect(() => new TableState().commit(0, [add('a')])).toThrow(
      expect.objectContaining({ code: 'LOG_CORRUPT' }),
    );
  });

  it('refuses unsupported protocols', () => {
    const unsupported = expect.objectContaining({ code: 'LOG_UNSUPPORTED' });
    expect(() => assertReadable({ minReaderVersion: 2, minWriterVersion: 5 })).toThrow(unsupported);
    const vectors = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['deletionVectors'] };
    expect(() => assertReadable(vectors)).toThrow(unsupported);
    expect(() => assertWritable({ minReaderVersion: 1, minWriterVersion: 2 })).toThrow(unsupported);
    const tracking = { ...TABLE_PROTOCOL, writerFeatures: ['domainMetadata', 'rowTracking'] };
    expect(() => assertWritable(tracking)).toThrow(unsupported);
    expect(() => assertWritable(TABLE_PROTOCOL)).not.toThrow();
  });
});

describe('schema', () => {
  it('maps every type and appends the partition columns', () => {
    const struct = deltaSchema(
      schema(
        column('u32', { type: 'uint32' }, false),
        column('u64', { type: 'uint64' }),
        column('list', { type: 'list', items: column('element', { type: 'int32' }) }),
        column('price', { type: 'struct', fields: [column('n', { type: 'int32' }, false)] }),
      ),
      ['year'],
    );
    expect(struct.fields.map(({ name, type, nullable }) => [name, type, nullable])).toEqual([
      ['u32', 'long', false],
      ['u64', 'decimal(20,0)', true],
      ['list', { type: 'array', elementType: 'integer', containsNull: true }, true],
      ['price', { type: 'struct', fields: [expect.objectContaining({ name: 'n', nullable: true })] }, true],
      ['year', 'string', true],
    ]);
  });

  it('refuses columns that readers confuse', () => {
    for (const name of ['YEAR', 'A'])
      expect(() =>
        deltaSchema(schema(column('a', { type: 'bool' }), column(name, { type: 'bool' })), ['year']),
      ).toThrow(expect.objectContaining({ code: 'SCHEMA_CONFLICT' }));
  });

  it('refuses names that Delta and Spark refuse, at any depth, and keeps the message key of encoded ones', () => {
    const bad = column('a b', { type: 'bool' });
    const struct = column('s', { type: 'struct', fields: [bad] });
    for (const wrong of [bad, struct, column('l', { type: 'list', items: { ...struct, name: 'element' } })])
      expect(() => deltaSchema(schema(wrong), [])).toThrow(
        expect.objectContaining({
          code: 'SCHEMA_CONFLICT',
          hint: "Name it a_x20_b, and keep the message's key in the field's metadata.",
        }),
      );
    const encoded = { ...column('a_x20_b', { type: 'bool' }), key: 'a b' };
    const own = { 'parquetry.id': 1, 'parquetry.key': 'a b' };
    expect(deltaSchema(schema(encoded), []).fields[0]?.metadata).toMatchObject(own);
    const nested = column('l', {
      type: 'list',
      items: column('element', { type: 'struct', fields: [encoded] }),
    });
    expect(deltaSchema(schema(nested), []).fields[0]?.type).toMatchObject({
      elementType: { fields: [{ name: 'a_x20_b', metadata: own }] },
    });
    const flat = { ...column('asset_code', { type: 'utf8' }), path: ['asset', 'code,"x'] };
    expect(deltaSchema(schema(flat), []).fields[0]?.metadata).toMatchObject({
      'parquetry.path': '["asset","code,\\"x"]',
    });
  });

  it('explains why one schema is incompatible with the other', () => {
    const of = (...fields: TableSchema['fields']) => deltaSchema(schema(...fields), []);
    const a = column('a', { type: 'int32' });
    const pair = (...fields: TableSchema['fields']) => column('p', { type: 'struct', fields });
    expect(schemaFault(of(a), of(a, column('b', { type: 'bool' })))).toBeUndefined();
    expect(schemaFault(of(a), of(a, column('b', { type: 'bool' }, false)))).toContain('not nullable');
    expect(schemaFault(of(a), of(column('a', { type: 'int64' })))).toContain('integer became long');
    expect(schemaFault(of(a), of(column('a', { type: 'int32' }, false)))).toContain('no longer nullable');
    expect(schemaFault(of(column('a', { type: 'int32' }, false)), of(a))).toBeUndefined();
    expect(schemaFault(of(a), of())).toContain('missing');
    expect(schemaFault(of(pair(a)), of(pair(a, column('b', { type: 'bool' }))))).toBeUndefined();
    const required = of(pair(a)).fields.map(
      (field) => JSON.parse(JSON.stringify(field).replace('true', 'false')) as typeof field,
    );
    expect(schemaFault(of(pair(a)), { type: 'struct', fields: required })).toBeUndefined();
    expect(schemaFault(of(pair(a)), of(pair()))).toContain('"p": the column "a" is missing');
  });
});

describe('stats', () => {
  it('contain exact bounds as text', () => {
    const fields = schema(
      column('i', { type: 'int64' }),
      column('u', { type: 'uint64' }),
      column('t', { type: 'timestamp', unit: 'us', timezone: 'UTC' }),
      column('s', { type: 'utf8' }),
      column('l', { type: 'list', items: column('element', { type: 'utf8' }) }),
    );
    const text = formatStats(fields, 3, {
      i: { nulls: 1, min: '-9223372036854775808', max: '9223372036854775807' },
      u: { nulls: 0, min: '0', max: '18446744073709551615' },
      t: { nulls: 0, min: '-1', max: '1752364800123456' },
      s: { nulls: 2 },
      l: { nulls: 0 },
    });
    expect(text).toBe(
      '{"numRecords":3,' +
        '"minValues":{"i":-9223372036854775808,"t":"1969-12-31T23:59:59.999Z"},' +
        '"maxValues":{"i":9223372036854775807,"t":"2025-07-13T00:00:00.124Z"},' +
        '"nullCount":{"i":1,"u":0,"t":0,"s":2}}',
    );
    expect(statsRows(text)).toBe(3);
    for (const bad of [undefined, 'x', '[]', '{}', '{"numRecords":"3"}', '{"numRecords":1.5}'])
      expect(statsRows(bad)).toBeUndefined();
  });

  it('writes only times in years that readers support', () => {
    const fields = schema(column('t', { type: 'timestamp', unit: 'us', timezone: 'UTC' }));
    const times = (min: string, max: string): string => formatStats(fields, 1, { t: { nulls: 0, min, max } });
    expect(times('0', '253402300799999000')).toContain('9999-12-31T23:59:59.999Z');
    expect(times('0', '253402300799999001')).toContain('"maxValues":{}');
    expect(times('-62135596800000000', '0')).toContain('0001-01-01T00:00:00.000Z');
    expect(times('-62135596800000001', '0')).toContain('"minValues":{}');
  });

  it('name every indexed column: with bounds, as all null, or the file has no bounds', () => {
    const time = { type: 'timestamp', unit: 'us', timezone: 'UTC' } as const;
    const fields = schema(column('i', { type: 'int64' }), column('t', time), column('s', { type: 'utf8' }));
    const stats = (i: ColumnTally, t: ColumnTally): string =>
      formatStats(fields, 2, { i, t, s: { nulls: 0 } }, indexedNames('i,t,`later`'));
    const one = { nulls: 0, min: '1', max: '1' };
    expect(stats({ nulls: 2 }, one)).toBe(
      '{"numRecords":2,"minValues":{"t":"1970-01-01T00:00:00.000Z"},' +
        '"maxValues":{"t":"1970-01-01T00:00:00.001Z"},"nullCount":{"i":2,"t":0,"s":0,"later":2}}',
    );
    const far = { nulls: 0, min: '0', max: '253402300800000000' };
    expect(stats(one, far)).toBe('{"numRecords":2,"nullCount":{"i":0,"t":0,"s":0,"later":2}}');
  });
});

describe('the columns that are indexed', () => {
  const fields = schema(
    column('i', { type: 'int64' }),
    column("it's `a.b`", { type: 'uint32' }),
    column('s', { type: 'utf8' }),
    column('d', { type: 'decimal128', precision: 20, scale: 0 }),
  );
  const file = (stats: string | undefined) => ({
    path: 'x',
    partitionValues: {},
    size: 1,
    modificationTime: 0,
    dataChange: true,
    ...(stats === undefined ? {} : { stats }),
  });

  it('are integers and times, with names that come back', () => {
    expect(indexedColumns(fields, [])).toBe("i,`it's ``a.b```");
    expect([...indexedNames("i,`it's ``a.b```, j")]).toEqual(['i', "it's `a.b`", 'j']);
    expect(indexedNames(undefined).size).toBe(0);
  });

  it.each([
    [['{"numRecords":1,"minValues":{"i":1},"maxValues":{"i":1},"nullCount":{"i":0}}'], 'i'],
    [['{"numRecords":2,"minValues":{"s":"a"},"maxValues":{"s":"a"},"nullCount":{"i":2}}'], 'i'],
    [['{"numRecords":2,"minValues":{"i":1},"maxValues":{"s":"a"},"nullCount":{"i":1}}'], ''],
    [['{"numRecords":2}', undefined, 'x', 'null'], "i,`it's ``a.b```"],
  ])('are those that every file describes: %j', (stats, expected) => {
    expect(indexedColumns(fields, stats.map(file))).toBe(expected);
  });
});
