// Writes docs/metrics.md from the table of metrics. `--check` fails when the page is not what the code says.
import { createRequire } from 'node:module';
import path from 'node:path';
import { root, writePage } from './page.mjs';

const require = createRequire(path.join(root, 'apps/cli/package.json'));
const { METRICS } = require('@parquetry/workflows');

const rows = Object.entries(METRICS).map(
  ([name, { kind, unit, labels, doc }]) =>
    `| \`${name}${kind === 'counter' ? '_total' : ''}\` | ${kind} | ${unit.replace(/[{}]/g, '').replace(/^By$/, 'bytes')} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${doc} |`,
);
writePage(
  'docs/metrics.md',
  `# Metrics and health of a worker

\`parquetry worker --metrics 127.0.0.1:9464\` (\`PARQUETRY_METRICS\`, \`metrics\` in the file; \`dev\`, \`backfill\` and \`tail\`
take it too) serves Prometheus metrics at \`http://127.0.0.1:9464/metrics\`.

| metric | kind | unit | labels | meaning |
|---|---|---|---|---|
${rows.join('\n')}

Labels have few values: datasets, steps, error codes, operations; never a workflow, a key or a ledger. A tail's lag has the id of
the tail, of which there is one for each archive and source. A histogram has \`_bucket\`, \`_sum\` and \`_count\`. Rates come
from counters: \`rate(parquetry_read_bytes_total[5m])\` is what a worker reads, divided by
\`rate(parquetry_step_seconds_sum{step="pull"}[5m])\` what one pull decodes per second. Gauges are measured every 10 s.

[deploy/grafana](../deploy/grafana/parquetry.json) has a dashboard and [deploy/prometheus](../deploy/prometheus/alerts.yaml) has
alerts, both over these metrics only. [scrape.txt](../tests/fixtures/scrape.txt) is what a worker served after a run with a
parked partition.

A commit whose ledgers are already committed counts nothing, so the totals of all workers add up to what was written.
\`parquetry status RUN\` shows the same figures for one run, even when no worker is running.

The page also has the [metrics of Temporal's SDK](https://docs.temporal.io/references/sdk-metrics). Useful for alerts:

| metric | labels | meaning |
|---|---|---|
| \`temporal_worker_task_slots_available\` | \`worker_type\`, \`task_queue\` | free slots for steps in this worker |
| \`temporal_activity_schedule_to_start_latency\` | \`task_queue\` | how long steps wait for a worker |
| \`temporal_activity_execution_failed_total\` | \`activity_type\` | attempts that failed |

## Health

\`parquetry worker --health 0.0.0.0:9465\` (\`PARQUETRY_HEALTH\`) answers two requests with 200 or 503 and a JSON document:

| path | 200 while | for |
|---|---|---|
| \`/healthz\` | the worker starts, runs, or ends its last steps | a liveness probe: 503 means that a restart helps |
| \`/readyz\` | all pollers take work and Temporal answered in the last seconds | a readiness probe, an update of workers one by one |

A Temporal server that is out of reach makes a worker not ready, but not unhealthy: the worker reconnects by itself.

This page is generated from the code by \`npm run docs\`; a test fails when it is out of date.
`,
);
