import type { BackfillProgress } from '@parquetry/workflows';
import { Output } from '../output';
import { TestTerminal } from '../testing/terminal';
import type { PartitionSteps } from './steps';
import { progressView, stateView } from './view';

const RUN: BackfillProgress = {
  ...{ phase: 'running', total: 30, done: 12, skipped: 3, abandoned: 0, running: 3, parked: 0, failed: 0 },
  ...{ concurrency: 4, unusable: 0, troubled: [] },
  tally: {
    ...{ ledgers: 120, rows: 34_000, files: 24, bytes: 3_400_000, rejected: 2, bytesRead: 1_200_000_000 },
    datasets: {
      ledgers: { rows: 120, files: 12, bytes: 400_000, rejected: 0 },
      contract_data: { rows: 33_880, files: 12, bytes: 3_000_000, rejected: 2 },
    },
  },
  datasets: ['ledgers', 'contract_data', 'transactions'],
  inflight: [12, 13, 14].map((n) => ({ key: String(n), range: { start: n * 10, end: n * 10 + 9 } })),
  pace: {
    ...{ tasks: 27, amount: 270, settled: 120, parked: 0 },
    samples: Array.from({ length: 12 }, () => [4000, 10] as const),
  },
};

const step = (n: number, ...steps: PartitionSteps['steps']): PartitionSteps => ({
  key: String(n),
  range: { start: n * 10, end: n * 10 + 9 },
  steps,
});

const NOW = 1_700_000_000_000;
const FAILURE = { code: 'STORAGE_UNREACHABLE', message: 'S3 does\nnot answer.' };
const STEPS = [
  step(12, { name: 'pull', running: true, since: NOW - 12_000, attempt: 1 }),
  step(13, { name: 'commit', running: false, since: NOW, attempt: 3, failure: FAILURE }),
  step(14),
];
const PARKED: BackfillProgress = {
  ...RUN,
  parked: 1,
  running: 2,
  troubled: [
    {
      key: '13',
      range: { start: 130, end: 139 },
      reason: 'contract_data: commit STORAGE_UNREACHABLE: \x1b[2Jgone',
    },
  ],
};

const environment = { ...process.env };
beforeEach(() => {
  jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'setTimeout'] });
  delete process.env['CI'];
  process.env['TERM'] = 'xterm';
});
afterEach(() => {
  jest.useRealTimers();
  process.env = { ...environment };
});

describe('on a terminal', () => {
  it('shows the run, its datasets, and what its partitions do', async () => {
    const screen = new TestTerminal(100, 30);
    const view = progressView(new Output(false), screen.stream);
    expect(view.wanted()).toBeGreaterThan(0);
    view.update(RUN, STEPS);
    expect(view.wanted()).toBe(0);
    expect(await screen.lines()).toEqual([
      'retry: ledgers 130-139: commit, attempt 3: STORAGE_UNREACHABLE: S3 does not answer.',
      '█████████████████░░░░░░░░░░░░░░░░░░░░░░░ 44 % · 15 s left',
      'running · 15 of 30 partitions · 3 running · 34,000 rows · read 1.2 GB · wrote 3.4 MB',
      '2 rejected',
      '  ledgers           120 rows  12 files  400.0 kB',
      '  contract_data  33,880 rows  12 files    3.0 MB',
      '  transactions        0 rows   0 files       0 B',
      '  130-139  commit, attempt 3 after STORAGE_UNREACHABLE',
      '  120-129  pull 12 s',
      '  140-149  between two steps',
    ]);
    view.end();
  });

  it('says once what was parked and why, and what to do', async () => {
    const screen = new TestTerminal(100, 30);
    const view = progressView(new Output(false), screen.stream);
    view.update(RUN, []);
    view.update(PARKED, []);
    view.update(PARKED, []);
    const lines = await screen.lines();
    expect(lines[0]).toBe('parked: ledgers 130-139: contract_data: commit STORAGE_UNREACHABLE:  [2Jgone');
    expect(lines.filter((line) => line.startsWith('parked'))).toHaveLength(1);
    expect(lines[2]).toContain('2 running · 1 parked');
    expect(lines.at(-1)).toBe('When the cause is fixed: parquetry retry');
  });

  it('fits into 40 columns, also when it is made so narrow while it runs', async () => {
    const screen = new TestTerminal(100, 30);
    const view = progressView(new Output(false), screen.stream);
    view.update(RUN, STEPS.slice(0, 1));
    await screen.resize(40, 18);
    view.update(RUN, STEPS.slice(0, 1));
    const lines = await screen.lines();
    expect(lines).toEqual([
      '██████████░░░░░░░░░░░░░ 44 % · 15 s left',
      'running · 15 of 30 partitions',
      '3 running · 34,000 rows · read 1.2 GB',
      'wrote 3.4 MB · 2 rejected',
      '  ledgers           120 rows  12 files',
      '  contract_data  33,880 rows  12 files',
      '  transactions        0 rows   0 files',
      '  120-129  pull 12 s',
      '  and 2 more partitions',
    ]);
  });

  it('is one line while the source is indexed', async () => {
    const screen = new TestTerminal(40, 12);
    const { pace: _, datasets: __, ...rest } = RUN;
    progressView(new Output(false), screen.stream).update({ ...rest, phase: 'planning', total: 0 });
    expect(await screen.lines()).toEqual(['planning: indexing the source']);
  });
});

describe('the state of a tail', () => {
  const facts = (flushes: number): string[] => [
    'waiting: next ledger 426000',
    `${flushes} flushes`,
    '1,200 rows',
  ];

  it('is drawn in place on a terminal, in as many lines as it needs', async () => {
    const screen = new TestTerminal(30, 10);
    const view = stateView(new Output(false), screen.stream);
    for (const flushes of [1, 2]) view.update(facts(flushes));
    expect(await screen.lines()).toEqual(['waiting: next ledger 426000', '2 flushes · 1,200 rows']);
    view.end();
    view.end();
    expect(await screen.lines()).toEqual([]);
  });

  it('is a line elsewhere when it changed, at most one in 10 s', () => {
    const note = jest.spyOn(console, 'error').mockReturnValue();
    const view = stateView(new Output(false), { isTTY: false } as NodeJS.WriteStream);
    for (let second = 0; second < 35; second += 1) {
      jest.setSystemTime(NOW + second * 1000);
      view.update(facts(Math.min(second, 22)));
    }
    expect(note.mock.calls.map(([line]) => String(line).split(', ')[1])).toEqual(
      [0, 10, 20, 22].map((flushes) => `${flushes} flushes`),
    );
    note.mockRestore();
  });
});

describe('elsewhere', () => {
  const printed: string[] = [];
  beforeEach(() => {
    printed.length = 0;
    jest.spyOn(console, 'error').mockImplementation((text: unknown) => void printed.push(String(text)));
  });
  afterEach(() => jest.restoreAllMocks());

  it.each<[string, () => { output?: Output; stream: NodeJS.WriteStream }]>([
    ['without a terminal', () => ({ stream: { isTTY: false } as NodeJS.WriteStream })],
    ['in CI', () => ((process.env['CI'] = 'true'), { stream: new TestTerminal(80, 24).stream })],
    [
      'on a terminal that cannot move its cursor',
      () => ((process.env['TERM'] = 'dumb'), { stream: new TestTerminal(80, 24).stream }),
    ],
    ['with --json', () => ({ output: new Output(true), stream: new TestTerminal(80, 24).stream })],
  ])('%s it prints plain lines, at most one in 10 s', (_, where) => {
    const { output = new Output(false), stream } = where();
    const view = progressView(output, stream);
    const { pace: _pace, ...unplanned } = RUN;
    view.update({ ...unplanned, phase: 'planning', total: 0 });
    expect(printed).toEqual([]);
    for (let second = 0; second < 60; second += 1) {
      jest.setSystemTime(NOW + second * 1000);
      view.update(second < 25 ? { ...RUN, done: 12 + second } : { ...PARKED, done: 12 + second }, []);
    }
    view.end();
    expect(printed).toHaveLength(6);
    expect(printed[0]).toBe(
      'running: 15/30 partitions, 3 running, 120 ledgers, 34,000 rows, read 1.2 GB, wrote 3.4 MB, 2 rejected, 15 s left',
    );
    expect(printed[3]).toMatch(
      /^running: .*1 parked.*; parked: ledgers 130-139: contract_data: commit STORAGE_UNREACHABLE: {2}\[2Jgone$/,
    );
    expect(printed.join('')).not.toMatch(/[\x00-\x1f]/);
  });
});
