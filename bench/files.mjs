// `npm run bench -- files`: one dataset that grows to 10,000 files, and what the commands that read its log and its files
// take at each size. Each command is a process of its own; the compaction's plan is asked of a worker's activity.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { megabytes, table } from './lib/measure.mjs';
import { benchRoot } from './lib/messages.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const { MockActivityEnvironment } = require('@temporalio/testing');
const { openHost } = require(path.join(ROOT, 'apps/worker/dist/host.js'));
const { createSharedActivities, createStageActivities } = require(
  path.join(ROOT, 'apps/worker/dist/activities/index.js'),
);

const BIN = path.join(ROOT, 'apps/cli/bin/parquetry.js');
const PEAK = path.join(ROOT, 'bench/lib/peak.cjs');
const FIRST = 420_000;
const FIRST_CLOSE = Date.UTC(2025, 6, 13, 1, 0, 0);
const DATASET = 'bench';
/** One file a ledger. Iceberg has no unsigned integers. */
const SETTINGS = {
  compression: 'snappy',
  layout: { kind: 'ledger_day' },
  maxRowsPerFile: 1,
  integers: 'signed',
};
/** Files of the extrapolated column. */
const EXTRAPOLATED = 100_000;

/** Grows the dataset to each number of files, `perCommit` of them in a commit, and measures. */
export async function files({ sizes, perCommit }, log = console.error) {
  mkdirSync(benchRoot(), { recursive: true });
  const dir = mkdtempSync(path.join(benchRoot(), 'files-'));
  const most = Math.max(...sizes);
  const source = path.join(dir, 'messages.ndjson');
  await writeMessages(source, most);
  const archive = path.join(dir, 'archive');
  const grower = await openGrower({ dir, source: { uri: `ndjson:${source}` }, archive, perCommit });
  try {
    const runs = [];
    for (const size of [...sizes].sort((a, b) => a - b)) {
      log(`Growing to ${size} files …`);
      const growth = await grower.to(size);
      const range = `${FIRST}-${FIRST + size - 1}`;
      const commands = {};
      for (const [name, args] of Object.entries(commandsOf({ archive, range, source, perCommit }))) {
        commands[name] = await timed(args, dir);
        log(`${size} files: ${name} ${commands[name].seconds.toFixed(2)} s`);
      }
      commands['compaction plan'] = await grower.compactionPlan();
      runs.push({ files: size, growth, commands });
    }
    return { perCommit, runs };
  } finally {
    await grower.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function commandsOf({ archive, range, source, perCommit }) {
  const at = ['--archive', archive];
  const from = ['--source', `ndjson:${source}`, '--ledgers', range, '--network', 'Benchmark Network'];
  return {
    plan: [
      'plan',
      ...from,
      ...at,
      '--partition-size',
      String(perCommit),
      '--buffer-size',
      '1',
      '--portable-integers',
    ],
    files: ['files', ...at],
    'files of ten ledgers': ['files', ...at, '--ledgers', `${FIRST}-${FIRST + 9}`],
    'query of ten ledgers': ['query', ...at, '--ledgers', `${FIRST}-${FIRST + 9}`, COUNT],
    'query of all': ['query', ...at, COUNT],
    'audit --quick': ['audit', ...at, '--quick'],
    audit: ['audit', ...at],
    verify: ['verify', ...at],
    'iceberg sync': ['iceberg', 'sync', ...at],
    'iceberg sync, nothing new': ['iceberg', 'sync', ...at],
    coverage: ['coverage', ...at],
  };
}

const COUNT = `select count(*) as n from ${DATASET}`;

/** The report as a table: seconds at each size, and what one more file costs between the two largest. */
export function printed({ runs, perCommit }) {
  const names = Object.keys(runs[0].commands);
  const [before, last] = [runs.at(-2) ?? runs[0], runs.at(-1)];
  const rows = names.map((name) => {
    const of = (run) => run.commands[name].seconds;
    const added = (of(last) - of(before)) / Math.max(1, last.files - before.files);
    return [
      name,
      ...runs.map((run) => `${of(run).toFixed(2)} s`),
      ...(added > 0
        ? [
            `${(added * 1000).toFixed(2)} ms`,
            `${(of(last) + added * (EXTRAPOLATED - last.files)).toFixed(0)} s`,
          ]
        : ['not measurable', '–']),
      last.commands[name].peakRss === undefined ? '–' : megabytes(last.commands[name].peakRss),
    ];
  });
  const commit = runs.map(({ growth }) => `${(growth.seconds * 1000).toFixed(0)} ms`);
  rows.push([`a partition of ${perCommit} files, written and committed`, ...commit, '', '', '']);
  const head = [
    '',
    ...runs.map((run) => `${run.files} files`),
    'a file more',
    `extrapolated: ${EXTRAPOLATED}`,
    'peak memory',
  ];
  return `${table(head, rows)}\n`;
}

/** One message a ledger, five seconds apart. */
async function writeMessages(file, ledgers) {
  const out = createWriteStream(file);
  for (let index = 0; index < ledgers; index += 1) {
    const closed_at = new Date(FIRST_CLOSE + index * 5000).toISOString();
    const message = { message_type: DATASET, ledger_sequence: FIRST + index, closed_at, amount: index };
    if (!out.write(`${JSON.stringify(message)}\n`))
      await new Promise((drained) => out.once('drain', drained));
  }
  await new Promise((ended) => out.end(ended));
}

/** Takes partitions through a worker's activities, without Temporal. */
async function openGrower({ dir, source, archive, perCommit }) {
  const host = await openHost({
    client: undefined,
    workRoot: path.join(dir, 'work'),
    memoryBytes: 512e6,
    threads: 1,
  });
  const run = (step, input) => new MockActivityEnvironment().run(step, input);
  const steps = { ...createSharedActivities(host.deps), ...createStageActivities(host.deps) };
  const take = async (ref, task) => {
    const { stageId } = await run(steps.pull, { ...ref, task });
    const step = { ...ref, stageId, range: task.range, dataset: DATASET };
    const { version: schemaVersion } = await run(steps.registerSchema, step);
    for (const name of ['writeParquet', 'verifyRowCounts', 'commit'])
      await run(steps[name], { ...step, schemaVersion });
    await run(steps.dropStage, stageId);
  };
  return {
    /** Seconds a partition, of the last hundred. */
    async to(size) {
      const range = { start: FIRST, end: FIRST + size - 1 };
      const { plan } = await run(steps.planRun, {
        ...{ source, archive, range, network: 'Benchmark Network', partitionSize: perCommit },
        settings: SETTINGS,
        ...{ maxRejects: 0, verify: 'ledger' },
      });
      const spans = [];
      for (let cursor = range.start; cursor <= range.end;) {
        const next = await run(steps.nextPartitions, { archive, plan, cursor, limit: 50 });
        for (const task of next.tasks) {
          const began = performance.now();
          await take({ archive, plan }, task);
          spans.push((performance.now() - began) / 1000);
        }
        cursor = next.cursor;
      }
      const late = spans.slice(-100);
      return { seconds: late.reduce((sum, span) => sum + span, 0) / Math.max(1, late.length) };
    },
    /** What a compaction to partitions ten times as large would do: all pages. */
    async compactionPlan() {
      const began = performance.now();
      const input = { archive, partitionSize: perCommit * 10, targetBytes: 128 << 20, verify: 'ledger' };
      let groups = 0;
      for (let after; ;) {
        const page = await run(steps.findSegments, { input, after, groups: 40, segments: 10_000 });
        groups += page.groups.length;
        after = page.next;
        if (after === undefined) break;
      }
      return { seconds: (performance.now() - began) / 1000, groups };
    },
    close: () => host.close(),
  };
}

/** Seconds and peak memory of a command; it must end with 0. */
function timed(args, cwd) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, ['--require', PEAK, BIN, ...args, '--json'], {
      cwd,
      env: { ...process.env, PARQUETRY_HOME: path.join(cwd, 'home') },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let [stderr, peak] = ['', ''];
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr = `${stderr}${text}`.slice(-2000)));
    child.stdio[3].setEncoding('utf8').on('data', (text) => (peak += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`parquetry ${args.join(' ')} ended with ${code}: ${stderr}`));
      resolve({ seconds: (performance.now() - began) / 1000, peakRss: Number(peak) * 1024 });
    });
  });
}
