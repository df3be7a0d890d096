// `npm run bench [-- WHAT] [options]`. WHAT: all (default: backfill, lake and orchestration), backfill, lake, stellar, schemas, memory, startup,
// orchestration, workers, capacity, telemetry, files, planning.
import { parseArgs } from 'node:util';
import { cpus, loadavg } from 'node:os';
import { block, writeSection } from './lib/page.mjs';

const USAGE = `npm run bench [-- all]                    backfill, lake and orchestration, one after the other: about 20 minutes
npm run bench -- backfill [--pairs 5] [--slow 5] [--messages 1000000] [--partitions 8] [--concurrency 4]
                       [--threads 2] [--memory-mb 1024] [--only parquetry,duckdb,polars,pyarrow,dlt] [--json]
npm run bench -- lake [--ledgers 10000] [--rounds 3] [--partitions 8] [--json]      every type of a ledger lake
npm run bench -- stellar [--rounds 5] [--json]                    real ledgers: each message type alone and all together, the whole path, a warm server
npm run bench -- schemas [--pairs 5] [--messages 1000000] [--json]
npm run bench -- memory [--messages 800000] [--limits-mb 256,1024] [--lanes-messages N] [--json]
                       that many, and ten times as many, as one partition; as many as these, or N, as two at once
npm run bench -- workers [--workers 1,2,4] [--ledgers 400] [--delay-ms 60] [--json]      one backfill by several workers on a slow store
npm run bench -- capacity [--rounds 3] [--write] [--json]           costs of a ledger and a partition, and a plan for a whole network; --write: into docs/capacity.md
npm run bench -- telemetry [--rounds 10] [--ledgers 400] [--partitions 8] [--real] [--baseline CHECKOUT] [--json]      what telemetry costs;
                       --real: with the pubnet ledgers of the test data, repeated
npm run bench -- files [--files 100,1000,10000] [--per-commit 10] [--write] [--json]     commands over a dataset of that many files
npm run bench -- planning [--ledgers 60000000] [--write] [--json]     plan and pages of a whole network, without a run
npm run bench -- startup [--rounds 15] [--json]                    the command line before its command runs
npm run bench -- orchestration [--rounds 3] [--servers memory,disk] [--json]      milliseconds an empty partition
npm run bench -- orchestration --partitions 2000 [--concurrency 16] [--max-parked 100] [--json]    a long run with failures
npm run bench -- orchestration --partitions 100000 --empty [--covered 0.8] [--minutes 40] [--concurrency 64] [--write] [--json]
                       a very long run of empty partitions, that share of them committed before, for at most that time`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '5' },
    slow: { type: 'string', default: '5' },
    messages: { type: 'string' },
    ledgers: { type: 'string' },
    workers: { type: 'string', default: '1,2,4' },
    'delay-ms': { type: 'string' },
    partitions: { type: 'string' },
    concurrency: { type: 'string' },
    'max-parked': { type: 'string', default: '100' },
    rounds: { type: 'string' },
    servers: { type: 'string', default: 'memory,disk' },
    files: { type: 'string', default: '100,1000,10000' },
    'per-commit': { type: 'string' },
    empty: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    covered: { type: 'string', default: '0' },
    threads: { type: 'string', default: '2' },
    'lanes-messages': { type: 'string' },
    'memory-mb': { type: 'string', default: '1024' },
    'limits-mb': { type: 'string', default: '256,1024' },
    only: { type: 'string' },
    real: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    baseline: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const what = positionals[0] ?? 'all';
const number = (name, fallback) => {
  const value = Number(values[name] ?? fallback);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 on`);
  return value;
};

/** Each bench: runs, and returns a report and its text. */
const BENCHES = {
  async backfill() {
    const { backfill, printed } = await import('./backfill.mjs');
    const { report } = await backfill({
      pairs: number('pairs'),
      slow: number('slow'),
      messages: number('messages', 1_000_000),
      partitions: number('partitions', 8),
      concurrency: number('concurrency', 4),
      threads: number('threads'),
      memoryMb: number('memory-mb'),
      only: values.only,
    });
    return { report, text: printed(report) };
  },
  async lake() {
    const { lake, printed } = await import('./lake.mjs');
    const report = await lake({
      ledgers: number('ledgers', 10_000),
      rounds: number('rounds', 3),
      partitions: number('partitions', 8),
      concurrency: number('concurrency', 4),
      threads: number('threads'),
      memoryBytes: number('memory-mb') * 1e6,
    });
    return { report, text: printed(report) };
  },
  async stellar() {
    const { stellar, printed } = await import('./stellar.mjs');
    const report = await stellar({ rounds: number('rounds', 5) });
    return { report, text: printed(report) };
  },
  async schemas() {
    const { schemas, printed } = await import('./schemas.mjs');
    const report = await schemas({
      pairs: number('pairs'),
      messages: number('messages', 1_000_000),
      partitions: number('partitions', 8),
      concurrency: number('concurrency', 4),
      threads: number('threads'),
      memoryMb: number('memory-mb'),
    });
    return { report, text: printed(report) };
  },
  async memory() {
    const { memory, printed } = await import('./memory.mjs');
    const report = await memory({
      messages: number('messages', 800_000),
      limitsMb: values['limits-mb'].split(',').map(Number),
      ...(values['lanes-messages'] === undefined ? {} : { lanesMessages: number('lanes-messages') }),
    });
    return { report, text: printed(report) };
  },
  async workers() {
    const { workers, printed } = await import('./workers.mjs');
    const report = await workers({
      ledgers: number('ledgers', 400),
      counts: values.workers.split(',').map(Number),
      delayMs: number('delay-ms', 60),
    });
    return { report, text: printed(report) };
  },
  async capacity() {
    const { capacity, printed } = await import('./capacity.mjs');
    const report = await capacity({ rounds: number('rounds', 3) });
    const text = printed(report);
    if (values.write) writeSection('measured', text);
    return { report, text };
  },
  async telemetry() {
    const { telemetry, printed } = await import('./telemetry.mjs');
    const { lakeFolder } = await import('./stellar.mjs');
    const lake = values.real ? await lakeFolder() : undefined;
    if (lake?.pubnet === false)
      throw new Error('--real needs the ledgers of the test data (PARQUETRY_TEST_DATA).');
    const report = await telemetry({
      rounds: number('rounds', 10),
      ledgers: number('ledgers', 400),
      partitions: number('partitions', 8),
      baseline: values.baseline,
      real: lake?.dir,
    });
    return { report, text: printed(report) };
  },
  async files() {
    const { files, printed } = await import('./files.mjs');
    const sizes = values.files.split(',').map(Number);
    const report = await files({ sizes, perCommit: number('per-commit', 10) });
    const text = printed(report);
    if (values.write) writeSection('files', block(text));
    return { report, text };
  },
  async planning() {
    const { planning, printed } = await import('./planning.mjs');
    const report = await planning({ ledgers: number('ledgers', 60_000_000), partitionSizes: [1000, 100] });
    const text = printed(report);
    if (values.write) writeSection('planning', block(text));
    return { report, text };
  },
  async startup() {
    const { startup, printed } = await import('./startup.mjs');
    const report = startup({ rounds: number('rounds', 15) });
    return { report, text: printed(report) };
  },
  async orchestration() {
    if (values.partitions === undefined) {
      const { overhead, printed } = await import('./orchestration.mjs');
      const report = await overhead({ rounds: number('rounds', 3), servers: values.servers.split(',') });
      return { report, text: printed(report) };
    }
    const { window, printed } = await import('./window.mjs');
    const report = await window({
      partitions: number('partitions'),
      concurrency: number('concurrency', 16),
      maxParked: number('max-parked'),
      empty: values.empty,
      covered: Number(values.covered),
      ...(values.minutes === undefined ? {} : { minutes: number('minutes') }),
    });
    const text = printed(report);
    if (values.write) writeSection('long run', block(text));
    return { report, text };
  },
};

/** What `npm run bench` alone does. */
BENCHES.all = async () => {
  const reports = {};
  let text = '';
  for (const name of ['backfill', 'lake', 'orchestration']) {
    const found = await BENCHES[name]();
    reports[name] = found.report;
    text += `${found.text}\n`;
  }
  return { report: reports, text };
};

const bench = BENCHES[what];
if (values.help || bench === undefined) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
const { report, text } = await bench();
const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version, load: loadavg() };
if (values.json) process.stdout.write(`${JSON.stringify({ bench: what, machine, ...report }, null, 2)}\n`);
else process.stdout.write(`\n${text}`);
