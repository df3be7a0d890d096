// The limit: one plain COPY of DuckDB from the messages, explicit columns, its own defaults.
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT, own, readRequest } from '../lib/contender.mjs';

const require = createRequire(path.join(ROOT, 'libs/writer/package.json'));
const { DuckDBInstance } = require('@duckdb/node-api');

const { file, workDir, threads } = readRequest();
const output = path.join(workDir, 'out.parquet');
const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
const connection = await instance.connect();
const inner = `STRUCT(contract_id VARCHAR, contract_key_type VARCHAR, contract_durability VARCHAR, balance_holder VARCHAR,
  balance VARCHAR, last_modified_ledger UINTEGER, ledger_entry_change UINTEGER, deleted BOOLEAN, closed_at TIMESTAMPTZ,
  ledger_key_hash VARCHAR, "key" JSON, val JSON)`;
const cpu = own.cpu();
const started = performance.now();
const reader = await connection.runAndReadAll(
  `COPY (SELECT contract_data.*, ledger_sequence, message_type, processor_name FROM read_json('${file}',
     format = 'newline_delimited', columns = {contract_data: '${inner}', ledger_sequence: 'UINTEGER',
     message_type: 'VARCHAR', processor_name: 'VARCHAR'}))
   TO '${output}' (FORMAT parquet, COMPRESSION snappy)`,
);
const seconds = (performance.now() - started) / 1000;
own.report({
  seconds,
  cpuSeconds: own.cpu() - cpu,
  rows: Number(reader.getRows()[0][0]),
  bytes: statSync(output).size,
});
