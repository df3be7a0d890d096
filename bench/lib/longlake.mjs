// A long lake of real ledgers: the ten pubnet ledgers of the test data again and again, each with a new sequence, close
// time and hashes, so that they are one chain. Transactions repeat; nothing in an archive depends on their hashes.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from './contender.mjs';
import { benchRoot } from './messages.mjs';

const require = createRequire(path.join(ROOT, 'libs/sample/package.json'));
const { compress, decompress } = require('@mongodb-js/zstd');
const { objectKey } = require('@parquetry/stellar');
const { hash: sha256, xdr } = require('@stellar/stellar-base');

const LAYOUT = { ledgersPerBatch: 1, batchesPerPartition: 64_000 };
const ZSTD_LEVEL = 3;

/** Writes `ledgers` ledgers made of those in `source`, a lake of one ledger an object, unless they are there. */
export async function longLake(source, ledgers, log = console.error) {
  const dir = path.join(benchRoot(), 'data', `pubnet-${ledgers}`);
  const names = readdirSync(source, { recursive: true }).filter((name) => /\.xdr\.zst$/.test(name));
  const sequenceOf = (name) => Number(/--(\d+)\.xdr/.exec(name)[1]);
  names.sort((a, b) => sequenceOf(a) - sequenceOf(b));
  const first = sequenceOf(names[0]);
  const range = { start: first, end: first + ledgers - 1 };
  if (existsSync(dir)) return { dir, range };
  log(`Writing ${ledgers} real ledgers to ${dir} …`);
  const draft = `${dir}.${process.pid}`;
  cpSync(path.join(source, '.config.json'), path.join(draft, '.config.json'), { recursive: true });
  let previous;
  for (let sequence = range.start; sequence <= range.end; sequence += 1) {
    const bytes = await decompress(readFileSync(path.join(source, names[(sequence - first) % names.length])));
    const batch = xdr.LedgerCloseMetaBatch.fromXDR(bytes);
    previous = link(batch, sequence, previous);
    const file = path.join(draft, objectKey(LAYOUT, sequence));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, await compress(batch.toXDR(), ZSTD_LEVEL));
  }
  rmSync(dir, { recursive: true, force: true });
  renameSync(draft, dir);
  return { dir, range };
}

/** Gives the only ledger of a batch its place after `previous`; returns what the next one needs. */
function link(batch, sequence, previous) {
  const meta = batch.ledgerCloseMeta()[0].value();
  const entry = meta.ledgerHeader();
  const header = entry.header();
  batch.startSequence(sequence);
  batch.endSequence(sequence);
  if (previous !== undefined) {
    const value = header.scpValue();
    header.ledgerSeq(sequence);
    header.previousLedgerHash(previous.hash);
    meta.txSet().value().previousLedgerHash(previous.hash);
    value.txSetHash(sha256(meta.txSet().toXDR()));
    value.closeTime(xdr.Uint64.fromString(String(previous.closed + 5n)));
    entry.hash(sha256(header.toXDR()));
  }
  return { hash: entry.hash(), closed: BigInt(header.scpValue().closeTime().toString()) };
}
