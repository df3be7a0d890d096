// Uses the installed package as a library, in the folder of its demo; prints what it found.
import * as parquetry from 'parquetry';

const { isParquetryError, openArchive, openRun, startRun } = parquetry;
const archive = await openArchive('demo/archive');
const found = {
  exports: Object.keys(parquetry).sort(),
};
found.network = archive.network;
found.datasets = await archive.datasets();
found.coverage = await archive.coverage('transactions');
found.gaps = await archive.gaps('transactions', { start: 426_190, end: 426_209 });
const files = await archive.files('transactions');
found.files = {
  rows: files.reduce((sum, { rows }) => sum + rows, 0),
  hashes: files.filter(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256)).length,
};

const rows = [];
for await (const row of archive.rows('transactions')) rows.push(row);
found.rows = {
  count: rows.length,
  sequence: typeof rows[0].account_sequence,
  fee: typeof rows[0].fee_charged,
};
let at = 0;
let same = true;
for await (const batch of archive.batches('transactions'))
  for (let index = 0; index < batch.numRows; index += 1, at += 1) {
    const { account_sequence, transaction_hash, successful } = batch.get(index);
    same &&= account_sequence === rows[at].account_sequence && successful === rows[at].successful;
    same &&= transaction_hash === rows[at].transaction_hash;
  }
found.batches = { rows: at, same };
const one = [];
const columns = ['ledger_sequence', 'transaction_hash'];
for await (const row of archive.rows('transactions', { ledgers: { start: 426_010, end: 426_010 }, columns }))
  one.push(row);
found.one = { ledgers: [...new Set(one.map((row) => row.ledger_sequence))], columns: Object.keys(one[0]) };

const options = {
  source: 'galexie:demo/lake',
  archive: 'library',
  ledgers: { start: 426_000, end: 426_019 },
  types: ['ledgers'],
  partitionSize: 10,
};
const run = await startRun(options);
const { rows: written, partitions, ledgers } = await run.finished();
found.run = { rows: written, partitions, ledgers };
await run.close();
const again = await openRun(run.id);
const { phase, rows: counted } = await again.progress();
found.again = { phase, rows: counted };
await again.close();

found.refused = [];
for (const wrong of [
  () => openArchive('nothing'),
  () => startRun({ ...options, compression: 'none of them' }),
  () => archive.rows('transactions', { columns: ['no_such'] }).next(),
])
  await wrong().catch((error) => found.refused.push(isParquetryError(error) ? error.code : String(error)));
console.log(JSON.stringify(found));
