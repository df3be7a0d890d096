import { type DatasetData, type LedgerState, type ReportData, STATES } from '@parquetry/report';
import { mapLines, workLines } from './map';

const RANGE = { start: 420_000, end: 420_999 };

/** A dataset with the given lengths of states from the first ledger on. */
function dataset(name: string, ...parts: readonly (readonly [number, LedgerState])[]): DatasetData {
  const ledgers = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<LedgerState, number>;
  for (const [count, state] of parts) ledgers[state] += count;
  return {
    name,
    rows: 0,
    bytes: 0,
    files: 0,
    segments: 0,
    version: 0,
    wanted: 1000 - ledgers.none,
    ledgers,
    runs: parts.flatMap(([count, state]) => [count, STATES.indexOf(state)]),
    cell: 1,
    rowsPerDay: [],
    bytesPerDay: [],
    filesPerSize: [],
    bytesPerSize: [],
    proof: { kind: 'none', chained: 0, declared: 0, unrecorded: 0, breaks: [] },
    schemas: [],
  };
}

function report(datasets: readonly DatasetData[], more: Partial<ReportData> = {}): ReportData {
  return {
    version: 1,
    madeAt: '2025-07-13T00:00:00.000Z',
    archive: { uri: '/a', network: 'testnet', layout: 'ledger_day' },
    range: RANGE,
    clock: [
      [420_000, Date.UTC(2025, 6, 13) / 1000],
      [420_999, Date.UTC(2025, 6, 14) / 1000],
    ],
    datasets,
    moreDatasets: 0,
    days: { first: 0, step: 1, count: 0 },
    sizes: { bounds: [], target: 1 },
    work: [],
    moreWork: 0,
    rejects: { total: 0, unread: 0, unreadFiles: 0, reasons: [] },
    temporal: { unavailable: 'x' },
    ...more,
  };
}

const DATA = report([
  dataset('ledgers', [1000, 'committed']),
  dataset(
    'transactions',
    [300, 'committed'],
    [200, 'gap'],
    [300, 'committed'],
    [1, 'rejected'],
    [199, 'committed'],
  ),
  dataset(
    'contract_events',
    [100, 'none'],
    [400, 'tail'],
    [100, 'parked'],
    [100, 'running'],
    [100, 'waiting'],
    [200, 'compacted'],
  ),
  dataset('accounts', [499, 'committed'], [1, 'gap'], [500, 'committed']),
]);

describe('the map in a terminal', () => {
  it('has a line per dataset, its share, a scale and a legend of what is on it', () => {
    expect(mapLines(DATA, 80, false)).toEqual([
      '                420,000 2025-07-13                   420,999 2025-07-14',
      'ledgers         ███████████████████████████████████████████████████████   100 %',
      'transactions    ████████████████░··········░████████████████x██████████  80.0 %',
      'contract_events      ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓PPPPPP>>>>>>-----■■■■■■■■■■■  66.6 %',
      'accounts        ███████████████████████████░███████████████████████████  99.9 %',
      '█ committed   ▓ committed by a tail   ■ compacted   x committed, with rejects',
      '· gap   ░ some ledgers are a gap   - waiting for its run   > running   P parked',
    ]);
  });

  it.each([20, 30, 40, 60, 80, 120, 200])('fits into %i columns', (width) => {
    const lines = mapLines(DATA, width, false);
    // The labels of the legend are wider than the narrowest terminals.
    for (const line of lines.slice(0, 5)) expect(line.length).toBeLessThanOrEqual(Math.max(width, 24));
    if (width >= 40) for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    expect(lines[4]).toMatch(/░|·/);
  });

  it('is the same text with colours, which end on every line', () => {
    const plain = mapLines(DATA, 80, false);
    const coloured = mapLines(DATA, 80, true);
    expect(coloured.map((line) => line.replaceAll(/\u001b\[[\d;]*m/g, ''))).toEqual(plain);
    for (const line of coloured.slice(1)) {
      expect(line).toContain('\u001b[38;5;');
      expect(line.lastIndexOf('\u001b[39m')).toBeGreaterThan(line.lastIndexOf('\u001b[38;5;'));
    }
    // One change of colour per run of cells, not per cell.
    expect(coloured[1]?.split('\u001b[38;5;').length).toBe(2);
  });

  it('of few ledgers is as wide as of many', () => {
    const one = report([{ ...dataset('a', [1, 'committed']), wanted: 1 }], {
      range: { start: 7, end: 7 },
      clock: [],
    });
    expect(mapLines(one, 40, false)[1]).toMatch(/^a █{25,} {2}100 %$/);
  });

  it('of an archive without ledgers says so', () => {
    const { range: _, ...empty } = report([]);
    expect(mapLines(empty, 80, false)).toEqual(['The archive has no ledgers yet.']);
  });

  it('is followed by the commands', () => {
    const item = {
      kind: 'gap' as const,
      range: { start: 5, end: 9 },
      datasets: ['a', 'b'],
      command: 'parquetry backfill',
    };
    const parked = { ...item, kind: 'parked' as const, note: 'LEDGER_MISSING: why' };
    expect(workLines(report([], { work: [parked, item, item], moreWork: 4 }), 2)).toEqual([
      'Parked: ledgers 5-9 of a, b. LEDGER_MISSING: why',
      '  parquetry backfill',
      'Gap: ledgers 5-9 of a, b',
      '  parquetry backfill',
      '5 more are not listed.',
    ]);
    expect(workLines(report([]), 2)).toEqual([]);
  });
});
