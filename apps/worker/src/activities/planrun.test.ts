import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunSpec } from '@parquetry/workflows';
import type { Host } from '../host';
import { runStep, testHost } from '../testing/host';
import { createSharedActivities } from '.';

let dir: string;
let host: Host;
let end: () => Promise<void>;
beforeAll(async () => {
  ({ dir, host, end } = await testHost('planrun'));
});
afterAll(() => end());

/** Plans a run over `lines` into an archive that does not exist yet. */
function plan(name: string, lines: readonly string[], more: Partial<RunSpec> = {}) {
  const file = path.join(dir, `${name}.ndjson`);
  const spec: RunSpec = {
    source: { uri: `ndjson:${file}` },
    archive: path.join(dir, name),
    network: 'Test',
    range: { start: 1, end: 10 },
    partitionSize: 10,
    settings: { compression: 'none', layout: { kind: 'ledger_day' } },
    maxRejects: 10,
    verify: 'ledger',
    ...more,
  };
  return writeFile(file, lines.map((line) => `${line}\n`).join('')).then(() =>
    runStep(createSharedActivities(host.deps).planRun, spec),
  );
}

it('has the first page of partitions, as the step for the next ones gives it', async () => {
  const lines = [1, 5, 25].map((ledger) => `{"type":"t","ledger":${ledger},"closed_at":1}`);
  const found = await plan('paged', lines, { range: { start: 1, end: 30 } });
  const request = { archive: path.join(dir, 'paged'), plan: found.plan, cursor: 1, limit: 50 };
  const page = await runStep(createSharedActivities(host.deps).nextPartitions, request);
  expect(page.tasks.map(({ range }) => range.start)).toEqual([1, 10, 20, 30]);
  expect(found.next).toEqual(page);
});

it('has the same plan when it is repeated, another one for other partitions or messages', async () => {
  const lines = [1, 5, 25].map((ledger) => `{"type":"t","ledger":${ledger},"closed_at":1,"b":2,"a":"x"}`);
  const range = { start: 1, end: 30 };
  // The first one makes the archive and registers the schema, which the second one reads.
  const first = (await plan('again', lines, { range })).plan;
  expect((await plan('again', lines, { range })).plan).toBe(first);
  expect((await plan('again', lines, { range, partitionSize: 30 })).plan).not.toBe(first);
  expect((await plan('again', [...lines, lines[2] ?? ''], { range })).plan).not.toBe(first);
});

describe('a run without a usable message', () => {
  const bad = [
    '{"ledger":1}',
    '{"type":"t","ledger":"x"}',
    '{"type":"t"}',
    'not json',
    '{"type":"t","ledger":77}',
  ];

  it.each<[string, Partial<RunSpec>, string]>([
    ['none', {}, 'SOURCE_INVALID'],
    ['typed', { types: ['t'] }, 'MESSAGE_TYPE_UNKNOWN'],
  ])('reports the reason, and keeps its rejects: %s', async (name, more, code) => {
    const error = await plan(name, bad, more).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code });
    const { message, details } = error as { message: string; details: Record<string, string> };
    const file = path.join(dir, `${name}.ndjson`);
    expect(message).toContain(`First: ${file}:1 NO_MESSAGE_TYPE: `);
    expect(message).toContain(`${file}:2 BAD_LEDGER: `);
    const text = await readFile(path.join(dir, name, details['rejects'] as string), 'utf8');
    const kept = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { code: string; raw: string });
    expect(kept.map(({ raw }) => raw)).toEqual(bad.slice(0, 4));
    expect(error).toMatchObject({ hint: expect.stringContaining(details['rejects'] as string) as string });
    // The archive that such a run leaves does not block the next one.
    await expect(plan(name, ['{"type":"t","ledger":1,"closed_at":1}'], more)).resolves.toMatchObject({
      unusable: 0,
    });
  });

  it('with only messages of other ledgers reports that, and keeps nothing', async () => {
    await expect(plan('other', ['{"type":"t","ledger":77,"closed_at":1}'])).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringMatching(
        /0 have no usable type or ledger, 1 are for other ledgers or types\.$/,
      ) as string,
    });
    await expect(readdir(path.join(dir, 'other'))).rejects.toThrow(/ENOENT/);
  });
});
