// The two passes that look at every value, each alone on one core: the index pass, which infers types, and the pull,
// which holds every row against the schema and stages it. Prints one JSON line.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT, own, readRequest } from '../lib/contender.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const { openNdjsonSource } = require('@parquetry/source');

const { file, range, workDir } = readRequest();
mkdirSync(workDir, { recursive: true });
const bytes = statSync(file).size;
const measured = async (work) => {
  const cpu = own.cpu();
  const result = await work();
  return { result, cpuSeconds: own.cpu() - cpu };
};

const source = await openNdjsonSource(file, { schemas: new Map() });
const indexed = await measured(() => source.prepare({ range, workDir }));
const index = JSON.parse(JSON.stringify(indexed.result));
const stageDir = path.join(workDir, 'alone');
mkdirSync(stageDir);
const alone = await measured(() =>
  source.pull({
    stageId: 'alone',
    range,
    datasets: index.datasets,
    index,
    stageDir,
    spoolDir: workDir,
    layout: { kind: 'ledger_day' },
  }),
);
rmSync(workDir, { recursive: true, force: true });
const rows = alone.result.datasets.reduce((sum, staged) => sum + staged.rows, 0);
own.report({
  rows,
  indexMbPerCpuSecond: bytes / 1e6 / indexed.cpuSeconds,
  pullMbPerCpuSecond: bytes / 1e6 / alone.cpuSeconds,
});
