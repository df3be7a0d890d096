import { readFileSync } from 'node:fs';
import path from 'node:path';
import { METRICS } from '@parquetry/workflows';
import { Scrape } from '../support/prometheus';
import {
  MINUTES,
  type Series,
  alertNames,
  checkAlerts,
  checkExpressions,
  constant,
  rulesIn,
} from '../support/promtool';
import { itWith, tool } from './tools';

const ROOT = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const RULES = read('deploy/prometheus/alerts.yaml');
/** What a worker served after a run with a parked partition; tests/e2e/metrics.test.ts writes it. */
const SCRAPE = new Scrape(read('tests/fixtures/scrape.txt'));

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}
const DASHBOARD = JSON.parse(read('deploy/grafana/parquetry.json')) as Dashboard;
const EXPRESSIONS = DASHBOARD.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Series of the scrape, with some in another state: constant at a number, or as promtool writes values. */
function state(changes: Readonly<Record<string, number | string>>): Series[] {
  const changed = Object.entries(changes).map(([key, value]): Series => {
    const [name = '', list = ''] = key.split(/[{}]/);
    const labels = Object.fromEntries(
      [...list.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]),
    );
    const like = SCRAPE.of(name)[0]?.labels ?? {};
    return {
      name,
      labels: { ...(list === '' ? like : {}), instance: 'a:9464', ...labels } as Series['labels'],
      values: typeof value === 'number' ? `${value}x${MINUTES}` : value,
    };
  });
  const names = new Set(changed.map(({ name }) => name));
  return [...constant(SCRAPE.samples.filter(({ name }) => !names.has(name))), ...changed];
}

/** The scrape, but nothing is parked. */
const HEALTHY = {
  'parquetry_parked_partitions{kind="partition"}': 0,
  'parquetry_parked_partitions{kind="tail"}': 0,
  parquetry_open_partitions: 0,
  'parquetry_step_failures_total{step="x"}': 0,
};
const GROWING = `0+1x${MINUTES}`;

/** Alerts, and the state that provokes each: changes of what the worker served. */
const PROVOKED: readonly (readonly [alert: string, changes: Readonly<Record<string, number | string>>])[] = [
  [
    'ParquetryPartitionsParked',
    { 'parquetry_parked_partitions{kind="partition"}': 1, parquetry_open_partitions: 1 },
  ],
  ['ParquetryNoProgress', { parquetry_open_partitions: 3 }],
  [
    'ParquetryTailLag',
    {
      'parquetry_tail_lag_seconds{tail="tail/1a2b"}': 1000,
      'parquetry_tail_report_timestamp_seconds{tail="tail/1a2b"}': `0+60x${MINUTES}`,
    },
  ],
  [
    'ParquetryRetries',
    { 'parquetry_step_retries_total{step="pull",code="STORAGE_UNREACHABLE"}': `0+2x${MINUTES}` },
  ],
  // A tail behind a node that is down: a failed `cut` every two minutes.
  [
    'ParquetryRetries',
    { 'parquetry_step_retries_total{step="cut",code="SOURCE_UNREACHABLE"}': `0+0.5x${MINUTES}` },
  ],
  ['ParquetryStageDiskFull', { parquetry_stage_free_bytes: 9e9, parquetry_stage_disk_bytes: 100e9 }],
  [
    'ParquetryStorageErrors',
    { 'parquetry_storage_requests_total{operation="get",store="s3",outcome="PERMISSION_DENIED"}': GROWING },
  ],
  // A node that does not answer: one request a minute ends, and a few to a second node that work.
  [
    'ParquetrySourceErrors',
    {
      'parquetry_source_requests_total{operation="getHealth",outcome="SOURCE_UNREACHABLE"}': GROWING,
      'parquetry_source_requests_total{operation="getHealth",outcome="ok"}': `0+0.5x${MINUTES}`,
    },
  ],
  // A counter that appears with its first mismatch: 65 minutes without it.
  ...['VERIFY_MISMATCH', 'FILE_CORRUPT', 'PROOF_FAILED', 'CHAIN_BROKEN'].map(
    (code) =>
      [
        'ParquetryVerifyMismatch',
        { [`parquetry_step_failures_total{step="verifyRowCounts",code="${code}"}`]: `_x65 1x5` },
      ] as const,
  ),
  ...['nextPartitions', 'summarize'].map(
    (step) =>
      [
        'ParquetryRunBlocked',
        { [`parquetry_step_failures_total{step="${step}",code="PERMISSION_DENIED"}`]: `_x65 1x5` },
      ] as const,
  ),
  ['ParquetryRunFailed', { 'temporal_workflow_failed_total{workflow_type="maintain"}': `_x65 1x5` }],
  ['ParquetryMemoryNearLimit', { parquetry_memory_bytes: 95e7, parquetry_memory_limit_bytes: 1e9 }],
  [
    'ParquetryQueueWait',
    {
      'parquetry_step_wait_seconds_bucket{step="pull",le="300"}': 0,
      'parquetry_step_wait_seconds_bucket{step="pull",le="1800"}': GROWING,
      'parquetry_step_wait_seconds_bucket{step="pull",le="+Inf"}': GROWING,
    },
  ],
];

/** Names of metrics in an expression. */
function namesIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:parquetry|temporal)_\w+/g)].map(([name]) => name);
}

/** Names that a worker serves. */
const SERVED = new Set([
  ...SCRAPE.samples.map(({ name }) => name),
  // Of Temporal's SDK: tests/e2e/metrics.test.ts sees it after a failed run.
  'temporal_workflow_failed_total',
  ...Object.entries(METRICS).flatMap(([name, { kind }]) =>
    kind === 'counter'
      ? [`${name}_total`]
      : kind === 'histogram'
        ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`)
        : [name],
  ),
]);

describe('alerts and dashboards', () => {
  it('use only metrics that a worker serves', () => {
    const used = [...rulesIn(RULES).map(({ expr }) => expr), ...EXPRESSIONS].flatMap(namesIn);
    expect(new Set(used).size).toBeGreaterThan(20);
    expect([...new Set(used)].filter((name) => !SERVED.has(name))).toEqual([]);
  });

  it('show every metric of Parquetry on the dashboard', () => {
    const shown = EXPRESSIONS.flatMap(namesIn);
    const hidden = Object.keys(METRICS).filter((name) => !shown.some((each) => each.startsWith(name)));
    expect(hidden).toEqual([]);
    for (const { type, title, targets = [] } of DASHBOARD.panels)
      expect([title, type === 'row' || targets.length > 0]).toEqual([title, true]);
  });

  it('are the same in the Helm chart', () =>
    expect(read('deploy/helm/parquetry/files/alerts.yaml')).toBe(RULES));

  it('are those of the table for the person on call', () => {
    const table = read('docs/operations.md').matchAll(/^\| `(Parquetry\w+)` \|/gm);
    expect([...table].map(([, name]) => name).sort()).toEqual(alertNames(RULES).sort());
  });

  it('have a case for each alert', () =>
    expect([...new Set(PROVOKED.map(([name]) => name)), 'ParquetryWorkerAbsent'].sort()).toEqual(
      alertNames(RULES).sort(),
    ));

  itWith(['promtool'], 'have valid expressions', () => {
    const all = EXPRESSIONS.map((expr) => expr.replaceAll('$__rate_interval', '5m'));
    checkExpressions(tool('promtool'), all);
    expect(() => checkExpressions(tool('promtool'), ['sum(rate(x))'])).toThrow(/expected type range vector/);
  });

  itWith(['promtool'], 'do not fire for what a worker served after a run, once nothing is parked', () =>
    checkAlerts(tool('promtool'), RULES, [{ series: state(HEALTHY), firing: [] }]),
  );

  itWith(['promtool'], 'fire each in the state that it is for, and no other alert does', () =>
    checkAlerts(
      tool('promtool'),
      RULES,
      PROVOKED.map(([alert, changes]) => ({ series: state({ ...HEALTHY, ...changes }), firing: [alert] })),
    ),
  );

  itWith(
    ['promtool'],
    'count parked tails apart from partitions: one does not hide that nothing is committed',
    () =>
      checkAlerts(tool('promtool'), RULES, [
        {
          series: state({
            ...HEALTHY,
            'parquetry_parked_partitions{kind="tail"}': 1,
            parquetry_open_partitions: 1,
          }),
          firing: ['ParquetryPartitionsParked', 'ParquetryNoProgress'],
        },
      ]),
  );

  itWith(['promtool'], 'do not fire for the lag of a tail that moved to another worker', () =>
    checkAlerts(tool('promtool'), RULES, [
      {
        series: state({
          ...HEALTHY,
          'parquetry_tail_lag_seconds{tail="t"}': 1000,
          'parquetry_tail_report_timestamp_seconds{tail="t"}': 0,
          'parquetry_tail_lag_seconds{tail="t",instance="b:9464"}': 10,
          'parquetry_tail_report_timestamp_seconds{tail="t",instance="b:9464"}': `0+60x${MINUTES}`,
        }),
        firing: [],
      },
    ]),
  );

  itWith(['promtool'], 'do not fire for a source that fails at times', () =>
    checkAlerts(tool('promtool'), RULES, [
      {
        series: state({
          ...HEALTHY,
          'parquetry_source_requests_total{operation="getLedgers",outcome="SOURCE_UNREACHABLE"}': GROWING,
          'parquetry_source_requests_total{operation="getLedgers",outcome="ok"}': `0+20x${MINUTES}`,
          'parquetry_step_retries_total{step="cut",code="SOURCE_UNREACHABLE"}': `0+0.05x${MINUTES}`,
        }),
        firing: [],
      },
      // A tail at the newest ledger of a processor asks for the next one until it is there.
      {
        series: state({
          ...HEALTHY,
          'parquetry_source_requests_total{operation="answer",outcome="SOURCE_NOT_READY"}': `0+30x${MINUTES}`,
          'parquetry_source_requests_total{operation="answer",outcome="ok"}': `0+10x${MINUTES}`,
        }),
        firing: [],
      },
      // Five tails met a node that was away for two minutes, ten minutes ago.
      {
        series: state({
          ...HEALTHY,
          'parquetry_step_retries_total{step="cut",code="SOURCE_UNREACHABLE"}': `0x${MINUTES - 10} 5x10`,
        }),
        firing: [],
      },
    ]),
  );

  itWith(['promtool'], 'do not call a run blocked that repeats its step by itself', () =>
    checkAlerts(tool('promtool'), RULES, [
      {
        series: state({
          ...HEALTHY,
          'parquetry_step_failures_total{step="nextPartitions",code="STORAGE_UNREACHABLE"}': `_x65 1x5`,
        }),
        firing: [],
      },
    ]),
  );

  itWith(['promtool'], 'fire without any worker', () =>
    checkAlerts(tool('promtool'), RULES, [{ series: [], firing: ['ParquetryWorkerAbsent'] }]),
  );

  itWith(['promtool'], 'are found by these tests when they do not fire', () => {
    const never = RULES.replace('parquetry_memory_limit_bytes > 0.9', 'parquetry_memory_limit_bytes > 9');
    const [, changes] = PROVOKED.find(([name]) => name === 'ParquetryMemoryNearLimit') ?? ['', {}];
    const test = { series: state({ ...HEALTHY, ...changes }), firing: ['ParquetryMemoryNearLimit'] };
    expect(() => checkAlerts(tool('promtool'), never, [test])).toThrow(/ParquetryMemoryNearLimit/);
  });
});
