// The floor under any reader of a ledger lake in Node: every object read, decompressed and decoded by stellar-base, one
// after the other; nothing is checked or written. Prints one JSON line.
import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, own, readRequest } from '../lib/contender.mjs';

const require = createRequire(path.join(ROOT, 'libs/source/package.json'));
const { decompress } = require('@mongodb-js/zstd');
const { xdr } = require('@stellar/stellar-base');

const { lake } = readRequest();
const cpu = own.cpu();
const started = performance.now();
let ledgers = 0;
let bytes = 0;
for (const name of readdirSync(lake, { recursive: true, encoding: 'utf8' })) {
  if (!/\.zstd?$/.test(name)) continue;
  const batch = await decompress(readFileSync(path.join(lake, name)));
  bytes += batch.length;
  ledgers += xdr.LedgerCloseMetaBatch.fromXDR(batch).ledgerCloseMeta().length;
}
own.report({ seconds: (performance.now() - started) / 1000, cpuSeconds: own.cpu() - cpu, ledgers, bytes });
