import type { Archive } from '@parquetry/archive';
import type { PartitionData, RunData, TemporalData } from '@parquetry/report';
import { type MadeSegment, makeArchive, makePlan } from '../report/made';

const FIRST = 62_000_000;
const LEDGERS = 1_000_000;
const DATASETS = 20;
const WIDTH = 10_000;

/** What requested the ledgers. */
const SPEC = {
  source: { uri: 'galexie:s3://aws-public-blockchain/v1.1/stellar/ledgers/pubnet' },
  archive: '/moved',
  partitionSize: WIDTH,
  settings: { compression: 'zstd', layout: { kind: 'ledger_day' } },
  maxRejects: 0,
  verify: 'ledger',
};

/** A text that runs a script where it is taken as HTML. */
const HOSTILE = `<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>`;

const NAMES = [
  ...['accounts', 'assets', 'claimable_balances', 'config_settings', 'contract_code', 'contract_data'],
  ...[
    'contract_events',
    'effects',
    'ledger_transaction',
    'ledgers',
    'liquidity_pools',
    'offers',
    'operations',
  ],
  ...['restored_key', 'signers', 'token_transfers', 'trades', 'transactions', 'trustlines', 'ttl'],
];

/** An archive of a million ledgers and 20 datasets, with a state of each kind somewhere. */
export async function makeMillion(folder: string): Promise<Archive> {
  const datasets = Object.fromEntries(
    NAMES.slice(0, DATASETS).map((name, index) => [name, segmentsOf(index)]),
  );
  const archive = await makeArchive(folder, datasets);
  const range = { start: FIRST, end: FIRST + LEDGERS - 1 };
  await makePlan(archive, 'all', { ...SPEC, range }, Object.keys(datasets));
  return archive;
}

/** The segments of a dataset; sizes and gaps differ by its index, always in the same way. */
function segmentsOf(dataset: number): MadeSegment[] {
  const segments: MadeSegment[] = [];
  for (let part = 0; part < LEDGERS / WIDTH; part += 1) {
    const start = FIRST + part * WIDTH;
    if (isMissing(dataset, part)) continue;
    const rejected = part === 41 && dataset === 6;
    segments.push({
      range: { start, end: start + WIDTH - 1 },
      by: part < 30 ? `compact/${part}` : part > 92 ? `tail/${part}/p/1` : `backfill-1/p/${part}`,
      files: filesOf(dataset, part),
      schema: dataset % 9 === 6 && part >= 60 ? 2 : 1,
      ...(rejected
        ? {
            rejectedLedgers: [start + 5, start + 6],
            rejects: [
              { code: 'BAD_TIME', reason: HOSTILE, position: `${HOSTILE}:1` },
              { code: HOSTILE, reason: 'The code is hostile.', position: 'a:2' },
            ],
          }
        : {}),
    });
    // One ledger among a million.
    if (dataset === 13 && part === 50) segments.splice(-1, 1, ...around(start, start + 5_000));
  }
  return segments;
}

function around(start: number, hole: number): MadeSegment[] {
  return [
    { range: { start, end: hole - 1 }, files: [{ size: 4e6, rows: 4_000 }] },
    { range: { start: hole + 1, end: start + WIDTH - 1 }, files: [{ size: 4e6, rows: 4_000 }] },
  ];
}

function isMissing(dataset: number, part: number): boolean {
  if (part === 96) return true;
  if (part >= 97) return dataset >= 15;
  return part >= 70 && part < 70 + (dataset % 7) - 2;
}

function filesOf(dataset: number, part: number): { size: number; rows: number }[] {
  const scale = 1 + ((dataset * 7) % 11);
  const wave = 1 + 0.6 * Math.sin(part / 9 + dataset);
  const size = Math.round(scale * wave * (part < 30 ? 12e6 : 1.5e6));
  const rows = Math.round(scale * wave * 90_000);
  return part < 30
    ? [{ size, rows }]
    : [1, 2, 3].map((share) => ({
        size: Math.round((size * share) / 3),
        rows: Math.round((rows * share) / 6),
      }));
}

/** What Temporal would say about it. */
export function millionTemporal(): TemporalData {
  const run: RunData = {
    id: 'backfill-62000000-62999999-4be1a0c7',
    type: 'backfill',
    state: 'running',
    range: { start: FIRST + 960_000, end: FIRST + 999_999 },
    datasets: NAMES.slice(15),
    started: '2025-07-14T08:00:00.000Z',
    seconds: 4_210,
    parked: 1,
  };
  const partition = (
    part: number,
    state: PartitionData['state'],
    more: Partial<PartitionData> = {},
  ): PartitionData => ({
    id: `${run.id}/p/${String(FIRST + part * WIDTH).padStart(10, '0')}`,
    run: run.id,
    state,
    range: { start: FIRST + part * WIDTH, end: FIRST + (part + 1) * WIDTH - 1 },
    datasets: part === 96 ? NAMES : NAMES.slice(15),
    seconds: 60 + part,
    ...more,
  });
  const parked = partition(96, 'parked', {
    retries: 6,
    reason: `LEDGER_MISSING: Ledger 62965120 is missing from the lake ${HOSTILE}`,
  });
  const slowest = [88, 12, 43, 7].map((part, index) =>
    partition(part, 'done', { seconds: 812 - index * 97, retries: index % 2 }),
  );
  return {
    address: 'temporal.example.com:7233',
    namespace: 'default',
    uiUrl: 'https://temporal.example.com',
    runs: [
      run,
      { ...run, id: 'tail/7c1d2f9a0b3e', type: 'tail', state: 'completed', parked: 0, seconds: 86_400 },
    ],
    moreRuns: true,
    active: [parked, partition(97, 'running', { retries: 1 })],
    slowest,
    retried: [parked, ...slowest.filter(({ retries = 0 }) => retries > 0)],
    compared: 2_000,
  };
}
