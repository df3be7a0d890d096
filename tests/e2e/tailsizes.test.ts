import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Archive, type LiveFile } from '@parquetry/archive';
import { openStore } from '@parquetry/storage';
import type { BackfillResult, TailResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

const LEDGERS = 360;
const ROWS = 100;
/** Text that no codec compresses, and text that every codec does: files of about a tenth of their messages. */
const PADDING = 'padding that is the same in every message, '.repeat(16);

interface Plan {
  readonly plan: readonly { readonly state: string; readonly why: string }[];
}

/** Messages in ledgers of ascending order, `rank` descending. */
function messages(): string {
  const lines: string[] = [];
  for (let ledger = 1000; ledger <= 1000 + LEDGERS; ledger++)
    for (let row = 0; row < ROWS; row++) {
      const id = createHash('sha256').update(`${ledger} ${row}`).digest('hex');
      lines.push(
        `{"message_type":"trade","ledger_sequence":${ledger},"closed_at":"2025-07-13T00:00:00Z","rank":${ROWS - row},"id":"${id}","text":"${PADDING}"}\n`,
      );
    }
  return lines.join('');
}

describe('a tail and a backfill of one configuration', () => {
  const sandbox = new Sandbox();
  const archive = sandbox.path('archive');
  afterAll(() => sandbox.dispose());
  const files = async (): Promise<readonly LiveFile[]> =>
    (await (await Archive.open(openStore(archive))).dataset('trade').snapshot()).files;
  const config = ['--config', 'both.yaml'];
  const backfill = ['--ledgers', `1000-${1000 + LEDGERS - 1}`, ...config];

  it('make files of the configured size in bytes', async () => {
    mkdirSync(sandbox.path('messages'));
    writeFileSync(sandbox.path('messages', 'a.ndjson'), messages());
    writeFileSync(
      sandbox.path('both.yaml'),
      [
        `source: ndjson:${sandbox.path('messages', '*.ndjson')}`,
        `archive: ${archive}`,
        ...['max_file_size_mb: 1', 'sort_by: rank', 'compression: zstd', 'poll: 1s', 'max_age: 1h'],
        `until: ${1000 + LEDGERS - 1}\n`,
      ].join('\n'),
    );
    const { code, document } = await sandbox.json<TailResult>(['tail', ...config]);
    expect({ code, cursor: document.cursor }).toEqual({ code: 0, cursor: 1000 + LEDGERS });
    const [first, ...more] = await files();
    // The first flush assumes that its files are as large as its source: a megabyte of messages, not of Parquet.
    expect(first).toMatchObject({ reason: 'bytes' });
    expect(first?.size).toBeLessThan(400_000);
    const whole = more.slice(0, -1);
    expect(whole.length).toBeGreaterThanOrEqual(1);
    for (const { size, reason } of whole) {
      expect(reason).toBe('bytes');
      expect(size).toBeGreaterThan(800_000);
      expect(size).toBeLessThan(1_200_000);
    }
  }, 240_000);

  it('sort in the same way, and neither reports the other, or a compaction, as stale', async () => {
    const { document: asked } = await sandbox.json<{ rows: unknown[][] }>([
      ...['query', '--archive', archive],
      'select rank from trade where ledger_sequence = 1001 limit 3',
    ]);
    expect(asked.rows.map(([rank]) => Number(rank))).toEqual([1, 2, 3]);
    const states = async (...more: string[]): Promise<string[]> => {
      const { document } = await sandbox.json<Plan>(['plan', ...backfill, ...more]);
      return [...new Set(document.plan.map(({ state, why }) => `${state}: ${why}`))];
    };
    const fine = ['committed: committed with these settings'];
    expect(await states()).toEqual(fine);
    const compacted = await sandbox.json<{ groups: number }>([
      ...['compact', '--archive', archive, '--partition-size', '680', '--target-size', '50MB'],
    ]);
    expect(compacted).toMatchObject({ code: 0, document: { groups: 1 } });
    expect(await states()).toEqual(fine);
    expect(await states('--buffer-size', '10')).toEqual(fine);
    expect(await states('--sort-by', 'id')).toEqual(['stale: committed with other settings']);
    const again = await sandbox.json<BackfillResult>(['backfill', ...backfill]);
    expect(again).toMatchObject({ code: 0, document: { partitions: { done: 0 } } });
    expect(again.document.stale).toBeUndefined();
  }, 240_000);
});
