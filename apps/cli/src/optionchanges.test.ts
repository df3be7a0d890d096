import type { BackfillInput, TailInput } from '@parquetry/workflows';
import { optionChanges, runChanges } from './optionchanges';
import { movingBounds } from './starttail';

const RUNNING: TailInput = {
  spec: {
    source: { uri: 'ndjson:/messages', closeTime: { trade: 'at' } },
    archive: '/archive',
    types: ['trade', 'swap'],
    partitionSize: 1000,
    settings: { compression: 'zstd', layout: { kind: 'ledger_range', width: 100 }, sortBy: ['id'] },
    maxRejects: 0,
    verify: 'ledger',
    contract: { columns: 'freeze' },
  },
  from: 426_000,
  lag: 0,
  policy: { maxRows: 100, maxBytes: 64_000_000, maxAgeSeconds: 600 },
  pollSeconds: 2,
};

describe('a running tail and a new request', () => {
  it('are the same if nothing changed, whatever state it carries and wherever it began', () => {
    const carry = { cursor: 9 } as NonNullable<TailInput['carry']>;
    expect(optionChanges({ ...RUNNING, carry }, RUNNING)).toEqual([]);
    expect(optionChanges(RUNNING, { ...RUNNING, from: 'committed' })).toEqual([]);
  });

  it('are the same if a bound was counted from the newest ledger, which has moved', () => {
    const later = { ...RUNNING, from: 426_500, until: 500_000 };
    expect(optionChanges({ ...RUNNING, until: 499_000 }, later, ['from', 'until'])).toEqual([]);
    expect(optionChanges(RUNNING, later, ['from'])).toEqual(['--until: not set, not 500000']);
    expect(movingBounds({ from: 'latest-10', until: '@2025-07-13' })).toEqual(['from']);
    expect(movingBounds({ from: 'latest', until: 'latest' })).toEqual(['until']);
  });

  it('differ by the names of options, with both values', () => {
    const { spec, policy } = RUNNING;
    const { sortBy: _, ...settings } = spec.settings;
    expect(
      optionChanges(RUNNING, {
        ...RUNNING,
        from: 'latest',
        until: 500_000,
        pollSeconds: 5,
        policy: { ...policy, maxFileBytes: 256_000_000, maxAgeSeconds: 60 },
        spec: {
          ...spec,
          types: ['trade'],
          source: { ...spec.source, closeTime: { trade: 'closed' } },
          settings: { ...settings, layout: { kind: 'hour' }, metadata: false },
          contract: { types: 'freeze' },
        },
      }),
    ).toEqual([
      '--close-time: {"trade":"at"}, not {"trade":"closed"}',
      '--contract-columns: freeze, not unset',
      '--contract-types: not set, not freeze',
      '--from: 426000, not latest',
      '--include-metadata: not set, not false',
      '--layout: ledger_range, not hour',
      '--ledgers-per-folder: 100, not unset',
      '--max-age: 600, not 60',
      '--max-file-size-mb: not set, not 256',
      '--poll: 2, not 5',
      '--sort-by: ["id"], not unset',
      '--types: ["trade","swap"], not ["trade"]',
      '--until: not set, not 500000',
    ]);
  });
});

it('a running backfill and a new request differ by ledgers and settings, not by what an operator may change', () => {
  const running: BackfillInput = {
    spec: { ...RUNNING.spec, range: { start: 10, end: 29 } },
    ...{ concurrency: 4, maxParked: 50, onFailure: 'park' },
  };
  const carry = { done: 1 } as NonNullable<BackfillInput['carry']>;
  expect(runChanges({ ...running, carry, concurrency: 9, maxParked: 1 }, running)).toEqual([]);
  expect(
    runChanges(running, {
      ...running,
      onFailure: 'fail',
      spec: {
        ...running.spec,
        range: { start: 10, end: 39 },
        partitionSize: 100,
        source: { ...running.spec.source, uri: 'ndjson:/others' },
        settings: { ...running.spec.settings, maxRowsPerFile: 7 },
        mode: 'replace',
      },
    }),
  ).toEqual([
    '--buffer-size: not set, not 7',
    '--ledgers: 10-29, not 10-39',
    '--mode: not set, not replace',
    '--on-failure: park, not fail',
    '--partition-size: 1000, not 100',
    '--source: ndjson:/messages, not ndjson:/others',
  ]);
});
