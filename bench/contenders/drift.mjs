// What finding unknown keys and type conflicts in every row costs: the index pass alone, a pull of everything alone
// (both on one core), then pull, COPY and verification of each partition, two at once. Prints one JSON line.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT, own, readRequest } from '../lib/contender.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const load = (name) => require(path.join(ROOT, `libs/${name}/dist/index.js`));
const { openNdjsonSource } = load('source');
const { openWriter } = load('writer');
const { verifyDataset } = load('verify');

const { file, range, workDir, partitions, concurrency, memoryBytes, threads } = readRequest();
mkdirSync(workDir, { recursive: true });
const bytes = statSync(file).size;
const settings = { compression: 'snappy', layout: { kind: 'ledger_day' } };
const measured = async (work) => {
  const cpu = own.cpu();
  const started = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - started) / 1000, cpuSeconds: own.cpu() - cpu };
};

const source = await openNdjsonSource(file, { schemas: new Map() });
const indexed = await measured(() => source.prepare({ range, workDir }));
const index = JSON.parse(JSON.stringify(indexed.result));
const pull = async (part, name) => {
  const stageDir = path.join(workDir, name);
  mkdirSync(stageDir, { recursive: true });
  const { datasets } = index;
  const { layout } = settings;
  const manifest = await source.pull({
    stageId: name,
    range: part,
    datasets,
    index,
    stageDir,
    spoolDir: workDir,
    layout,
  });
  return { stageDir, manifest };
};
const alone = await measured(() => pull(range, 'alone'));
rmSync(alone.result.stageDir, { recursive: true });

const writer = await openWriter({
  memoryLimit: `${Math.floor(memoryBytes / 1e6)}MB`,
  threads,
  tempDir: path.join(workDir, 'duckdb'),
});
const width = Math.ceil((range.end - range.start + 1) / partitions);
const waiting = Array.from({ length: partitions }, (_, part) => ({
  start: range.start + part * width,
  end: Math.min(range.start + (part + 1) * width - 1, range.end),
}));
let rows = 0;
let written = 0;
const lane = async () => {
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    const { stageDir, manifest } = await pull(part, `stage-${part.start}`);
    for (const staged of manifest.datasets) {
      const { schema: table } = index.datasets.find(({ dataset }) => dataset === staged.dataset);
      const schema = { subject: staged.dataset, version: 1, fingerprint: '0'.repeat(64), schema: table };
      const rowsFile = path.join(stageDir, `${staged.dataset}.rows.ndjson`);
      const outDir = path.join(stageDir, 'out');
      const files = await writer.writeDataset({ rowsFile, staged, range: part, schema, settings, outDir });
      await verifyDataset({ files, staged, schema, range: part, codec: 'snappy', level: 'ledger' });
      rows += staged.rows;
      written += files.reduce((sum, one) => sum + one.size, 0);
      if (staged.rejected > 0) throw new Error(`${staged.rejected} messages were rejected`);
    }
    rmSync(stageDir, { recursive: true });
  }
};
const whole = await measured(() => Promise.all(Array.from({ length: concurrency }, lane)));
await writer.close();
rmSync(workDir, { recursive: true, force: true });
own.report({
  seconds: whole.seconds,
  cpuSeconds: whole.cpuSeconds,
  rows,
  bytes: written,
  indexMbPerCpuSecond: bytes / 1e6 / indexed.cpuSeconds,
  pullMbPerCpuSecond: bytes / 1e6 / alone.cpuSeconds,
});
