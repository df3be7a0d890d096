import type { BackfillResult, RunSpec } from '@parquetry/workflows';
import { Output } from './output';
import { printResult } from './summary';

const SPEC = { archive: '/a', range: { start: 1, end: 9 }, verify: 'ledger' } as RunSpec;
const RESULT: BackfillResult = {
  range: SPEC.range,
  partitions: { total: 1, done: 1, skipped: 0, abandoned: 0 },
  tally: { ledgers: 9, rows: 1234, files: 2, bytes: 5, rejected: 0, bytesRead: 7 },
  datasets: [{ dataset: 'x', files: 4, rows: 2000, bytes: 9, schemaVersion: 1, gaps: [] }],
  indexBytesRead: 0,
  unusable: 0,
  filtered: 0,
};

function printed(result: BackfillResult, spec = SPEC): string {
  const lines: string[] = [];
  const output = new Output(false);
  jest.spyOn(output, 'say').mockImplementation((line = '') => void lines.push(line));
  jest.spyOn(output, 'table').mockImplementation((head) => void lines.push(head.join(' ')));
  printResult(result, spec, output);
  return lines.join('\n');
}

describe('the verification line at the end of a run', () => {
  it('has what the steps read back, not what the archive contains', () => {
    const line = 'Read back by the second reader before they were committed: 1,234 rows in 2 files, ';
    expect(printed(RESULT)).toContain(`${line}the ledger column and the footer of each.`);
    expect(printed(RESULT, { ...SPEC, verify: 'full' })).toContain(`${line}every value.`);
  });

  it('is absent if nothing was written', () => {
    const tally = { ledgers: 0, rows: 0, files: 0, bytes: 0, rejected: 0, bytesRead: 0 };
    const text = printed({ ...RESULT, tally, partitions: { total: 1, done: 0, skipped: 1, abandoned: 0 } });
    expect(text).toContain('Nothing to do');
    expect(text).not.toMatch(/verified|read back/i);
  });
});
