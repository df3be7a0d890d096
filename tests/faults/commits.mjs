// Many writers, one dataset: `node tests/faults/commits.mjs [--commits 2000] [--writers 16] [--processes 4] [--json]`.
// Every commit must be in the table once; prints commits a second and how long a reader takes to fold the log, with the
// checkpoints that the writers made and without them.
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { require } from './processes.mjs';

const { Archive } = require('@parquetry/archive');
const { LocalStore } = require('@parquetry/storage');
const { openWriter } = require('@parquetry/writer');
const SELF = fileURLToPath(import.meta.url);
const IDENTITY = {
  formatVersion: 1,
  network: 'testnet',
  layout: { kind: 'ledger_range', width: 1000 },
  integers: 'unsigned',
  nesting: 'struct',
};

if (process.send !== undefined)
  process.once(
    'message',
    (task) => void write(task).then((seconds) => process.send(seconds, () => process.exit(0))),
  );
else await main();

async function main() {
  const { values } = parseArgs({
    options: {
      commits: { type: 'string', default: '2000' },
      writers: { type: 'string', default: '16' },
      processes: { type: 'string', default: '4' },
      json: { type: 'boolean', default: false },
    },
  });
  const [commits, writers, processes] = [values.commits, values.writers, values.processes].map(Number);
  const root = mkdtempSync(path.join(tmpdir(), 'parquetry-commits-'));
  try {
    const archive = path.join(root, 'archive');
    await open(archive);
    const began = performance.now();
    await Promise.all(
      Array.from({ length: processes }, (_, index) => {
        const mine = Array.from({ length: writers }, (__, writer) => writer).filter(
          (writer) => writer % processes === index,
        );
        return child({ archive, folder: path.join(root, `${index}`), mine, writers, commits });
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    const report = await check(archive, root, commits);
    const figures = {
      commits,
      writers,
      processes,
      seconds: round(seconds),
      commitsPerSecond: round(commits / seconds),
      ...report,
    };
    console.log(
      values.json
        ? JSON.stringify(figures)
        : Object.entries(figures)
            .map(([name, value]) => `${name}: ${value}`)
            .join('\n'),
    );
    process.exitCode = report.lost + report.doubled === 0 ? 0 : 1;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function child(task) {
  return new Promise((resolve, reject) => {
    const made = fork(SELF, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    made.once('message', resolve);
    made.once('exit', (code) => reject(new Error(`a writer's process ended with ${code}`)));
    made.send(task);
  });
}

/** The writers of one process; each commits its share of the ranges, one ledger range a commit. */
async function write({ archive, folder, mine, writers, commits }) {
  const duck = await openWriter({ memoryLimit: '256MB', threads: 1, tempDir: folder });
  const began = performance.now();
  await Promise.all(
    mine.map(async (writer) => {
      const events = (await open(archive, checkpoints(duck, folder, writer))).dataset('events');
      for (let number = writer; number < commits; number += writers) {
        await events.publish(await draft(folder, number));
        await events.checkpoint();
      }
    }),
  );
  await duck.close();
  return performance.now() - began;
}

function open(root, checkpointWriter) {
  return Archive.open(new LocalStore(root), {
    create: IDENTITY,
    ...(checkpointWriter === undefined ? {} : { checkpointWriter }),
  });
}

function checkpoints(duck, folder, writer) {
  return {
    write: async (rows, output) => {
      const input = path.join(folder, `${writer}.ndjson`);
      await writeFile(input, [...rows.lines()].map((line) => `${line}\n`).join(''));
      await duck.copyNdjsonToParquet({ input, columns: rows.columns, output });
    },
  };
}

/** A segment of ten ledgers with a file that is not Parquet, because only the commits are tested. */
async function draft(folder, number) {
  const range = { start: 1 + number * 10, end: 10 + number * 10 };
  const bytes = `content of ${range.start}`;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const localPath = path.join(folder, `${number}.data`);
  await writeFile(localPath, bytes);
  const fields = [
    { id: 1, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false },
    { id: 2, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
  ];
  const start = Math.floor(range.start / 1000) * 1000;
  return {
    range,
    schema: {
      subject: 'events',
      version: 1,
      fingerprint: 'f'.repeat(64),
      schema: {
        messageType: 'events',
        origin: 'predefined',
        fields,
        ledgerColumn: 'ledger_sequence',
        closeTimeColumn: 'closed_at',
      },
    },
    settings: { compression: 'snappy', layout: IDENTITY.layout },
    contentHash: sha256,
    files: [
      {
        localPath,
        folder: { path: `ledgers/${start}-${start + 1000}`, values: {} },
        range,
        lastCloseTimeMicros: range.end * 5e6,
        size: Buffer.byteLength(bytes),
        sha256,
        rows: 10,
        columns: { ledger_sequence: { nulls: 0, min: String(range.start), max: String(range.end) } },
        reason: 'range_end',
      },
    ],
    ledgers: Array.from({ length: 10 }, (_, index) => ({ ledger: range.start + index, rows: 1 })),
    rejectedLedgers: [],
    proof: { kind: 'declared' },
    writer: { test: '1' },
  };
}

/** Folds the log as a new reader does, with its checkpoints and without, and counts the segments. */
async function check(archive, root, commits) {
  const timed = async (folder) => {
    const began = performance.now();
    const snapshot = await (await open(folder)).dataset('events').snapshot();
    return { snapshot, ms: round(performance.now() - began) };
  };
  const logFiles = readdirSync(path.join(archive, 'events', '_delta_log'));
  const checkpointed = await timed(archive);
  const bare = path.join(root, 'bare');
  await cp(archive, bare, { recursive: true, filter: (file) => !/checkpoint/.test(path.basename(file)) });
  const plain = await timed(bare);
  const starts = checkpointed.snapshot.segments.map(({ range }) => range.start);
  return {
    lost: commits - new Set(starts).size,
    doubled: starts.length - new Set(starts).size,
    version: checkpointed.snapshot.version,
    checkpoints: logFiles.filter((name) => name.includes('.checkpoint')).length,
    foldMsWithCheckpoints: checkpointed.ms,
    foldMsWithout: plain.ms,
    sameTable: JSON.stringify(checkpointed.snapshot.files) === JSON.stringify(plain.snapshot.files),
  };
}

function round(value) {
  return Math.round(value * 10) / 10;
}
