import { parse } from 'yaml';
import { field, schemaOf } from '../compat/testing/schemas';
import { type DeltaTable, type TableEngine, registerTables } from './tables';

const schema = {
  ...schemaOf({ ...field(3, 'fee', 'uint64'), doc: 'Stroops: "units"' }, field(4, 'note', 'utf8', false)),
  doc: 'A payment',
};
const table = (location: string, name = 'payments'): DeltaTable => ({ name, location, schema });

describe('registerTables', () => {
  it.each<[TableEngine, string, object, string]>([
    [
      'spark',
      's3://lake/a/payments',
      {},
      "CREATE TABLE IF NOT EXISTS default.payments USING DELTA\nLOCATION 's3a://lake/a/payments';\n",
    ],
    [
      'spark',
      "/data/it's here/payments",
      { into: 'x' },
      "CREATE TABLE IF NOT EXISTS x.payments USING DELTA\nLOCATION 'file:///data/it\\'s%20here/payments';\n",
    ],
    [
      'trino',
      's3://lake/payments',
      { into: 'lake.stellar' },
      "CALL lake.system.register_table(\n  schema_name => 'stellar',\n  table_name => 'payments',\n  table_location => 's3://lake/payments'\n);\n",
    ],
    [
      'athena',
      's3://lake/payments',
      {},
      "CREATE EXTERNAL TABLE IF NOT EXISTS `default`.`payments`\nLOCATION 's3://lake/payments/'\nTBLPROPERTIES ('table_type' = 'DELTA');\n",
    ],
    [
      'bigquery',
      'gs://lake/payments',
      { connection: 'p.eu.c' },
      "CREATE EXTERNAL TABLE IF NOT EXISTS `stellar.payments`\nWITH CONNECTION `p.eu.c`\nOPTIONS (format = 'DELTA_LAKE', uris = ['gs://lake/payments']);\n",
    ],
  ])('writes a statement for %s', (engine, location, target, sql) => {
    expect(registerTables(engine, [table(location)], target)).toBe(sql);
  });

  it('gives a major a name without a dot', () => {
    expect(registerTables('spark', [table('gs://lake/payments.v2', 'payments.v2')])).toContain(
      "default.payments_v2 USING DELTA\nLOCATION 'gs://lake/payments.v2'",
    );
  });

  it('writes sources for dbt', () => {
    expect(parse(registerTables('dbt', [table("s3://lake/pay'ments")], { into: 'chain' }))).toEqual({
      version: 2,
      sources: [
        {
          name: 'chain',
          tables: [
            {
              name: 'payments',
              description: 'A payment',
              config: {
                meta: { dataset: 'payments', external_location: "delta_scan('s3://lake/pay''ments')" },
              },
              columns: [
                { name: 'ledger_sequence', data_type: 'UINTEGER', data_tests: ['not_null'] },
                { name: 'closed_at', data_type: 'TIMESTAMPTZ', data_tests: ['not_null'] },
                { name: 'fee', data_type: 'DECIMAL(20,0)', description: 'Stroops: "units"' },
                { name: 'note', data_type: 'VARCHAR', data_tests: ['not_null'] },
              ],
            },
          ],
        },
      ],
    });
  });

  it.each<[TableEngine, string, object, string]>([
    ['athena', '/data/payments', {}, 'Athena reads s3:// only'],
    ['bigquery', 's3://lake/payments', { connection: 'c' }, 'BigQuery reads gs:// only'],
    ['bigquery', 'gs://lake/payments', {}, 'BigQuery needs a connection'],
    ['trino', 's3://lake/payments', { into: 'lake' }, 'lake is not CATALOG.SCHEMA'],
    ['spark', 's3://lake/payments', { into: 'a; DROP TABLE b' }, "can't name a schema"],
  ])('refuses what %s can not read: %s %j', (engine, location, target, why) => {
    expect(() => registerTables(engine, [table(location)], target)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(why) }),
    );
  });
});
