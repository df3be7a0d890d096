import type { BackfillProgress, DatasetFailure } from './contract/types';
import { backfillDetails, cell, parkedDetails } from './details';

const failure: DatasetFailure = {
  dataset: 'ledgers',
  step: 'pull',
  code: 'LEDGER_MISSING',
  message: 'Ledger 7 is missing in the lake: A--1-64/B--7.xdr.zst',
  hint: 'Put the object back.',
};

describe('texts in the UI', () => {
  it('escapes external text: no markup, no line breaks, no links', () => {
    expect(cell('A--7')).toBe('A\\-\\-7');
    expect(cell('a | b\n<img src=x> [x](http://e) {runId} `c`')).toBe(
      'a \\| b \\<img src=x\\> \\[x\\]\\(http\\://e\\) \\{runId\\} \\`c\\`',
    );
    expect(cell('x'.repeat(400))).toHaveLength(300);
    expect(cell('x'.repeat(400), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  it('lists the datasets of one failure in one row, and each hint once', () => {
    const failures = ['ledgers', 'transactions'].map((dataset) => ({ ...failure, dataset }));
    const other = { ...failure, dataset: 'contract_data', step: 'commit', code: 'COMMIT_CONFLICT' };
    const text = parkedDetails({ start: 5, end: 9 }, [...failures, other], 'backfill-1');
    expect(text).toContain('| ledgers, transactions | pull | LEDGER\\_MISSING |');
    expect(text).toContain('| contract\\_data | commit | COMMIT\\_CONFLICT |');
    expect(text.match(/Put the object back/g)).toHaveLength(1);
    // The UI's renderer needs an empty line before a list.
    expect(text).toMatch(/\*\*What to do\*\*\n\n- Put the object back\\\.\n- /);
    expect(text).toContain('`parquetry retry backfill-1 --ledgers 5`');
    expect(text).toContain('\n- More: `parquetry help LEDGER_MISSING`, `parquetry help COMMIT_CONFLICT`');
  });

  it('lists the first waiting partitions of a run, in short text, with links to all', () => {
    const progress: BackfillProgress = {
      ...{
        phase: 'blocked',
        total: 40,
        done: 10,
        skipped: 0,
        abandoned: 0,
        running: 0,
        parked: 30,
        failed: 0,
      },
      ...{ concurrency: 4, unusable: 0 },
      tally: { ledgers: 50, rows: 9, files: 3, bytes: 1, rejected: 0, bytesRead: 1 },
      troubled: Array.from({ length: 30 }, (_, i) => ({
        key: `00004262${String(i).padStart(2, '0')}`,
        ...(i === 0 ? {} : { range: { start: 426_200 + i * 10, end: 426_209 + i * 10 } }),
        reason: 'because '.repeat(60),
      })),
    };
    const text = backfillDetails('backfill-1', { start: 1, end: 200 }, progress);
    expect(text).toContain('| … | and 20 more |');
    // Plain ledger numbers, also of a partition that an earlier version carried over without its range.
    expect(text).toContain('\n| from 426200 | because');
    expect(text).toMatch(/\n\| 426210-426219 \| because/);
    expect(text).not.toContain('0000426');
    expect(text).toContain('/namespaces/{namespace}/workflows?query=ParquetryRun%3D%22backfill-1%22');
    expect(text).toContain('`retryPartitions` with `{"all": true}`');
    // The UI puts the text, percent-encoded, into one URL.
    expect(encodeURIComponent(text).length).toBeLessThan(4096);
    expect(
      backfillDetails('b', { start: 1, end: 2 }, { ...progress, troubled: [], parked: 0 }),
    ).not.toContain('waits');
    const fault = { step: 'nextPartitions', message: 'The token has expired. '.repeat(40) };
    const faulty = backfillDetails(
      'backfill-1',
      { start: 1, end: 200 },
      {
        ...progress,
        faults: [{ ...fault, code: 'PERMISSION_DENIED', hint: 'Renew it.', final: true }],
      },
    );
    expect(faulty).toContain('| nextPartitions | PERMISSION\\_DENIED | The token has expired');
    expect(faulty).toMatch(/- Renew it\\\.\n- Fix the cause.*`resume`.*\n- .*`parquetry retry backfill-1`/);
    expect(encodeURIComponent(faulty).length).toBeLessThan(4096);
    expect(
      backfillDetails(
        'b',
        { start: 1, end: 2 },
        { ...progress, faults: [{ ...fault, code: 'STORAGE_UNREACHABLE', final: false }] },
      ),
    ).toContain('retried about every minute');
  });
});
