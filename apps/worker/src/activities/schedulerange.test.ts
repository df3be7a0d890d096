import { once } from 'node:events';
import { appendFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { LedgerRange } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import type { ResolvedRange, RunSpec } from '@parquetry/workflows';
import { createSharedActivities, createWatchActivities } from '.';
import type { Host } from '../host';
import { runAll, runStep, testHost } from '../testing/host';

let dir: string;
let host: Host;

let end: () => Promise<void>;

beforeAll(async () => {
  ({ dir, host, end } = await testHost('range'));
});

afterAll(() => end());

/** An archive at `name` in which `types` of a source have `range`. */
async function committed(
  name: string,
  uri: string,
  types: readonly string[],
  range: LedgerRange,
): Promise<Omit<RunSpec, 'range'>> {
  const archive = path.join(dir, name);
  const spec: Omit<RunSpec, 'range'> = {
    source: { uri },
    archive,
    partitionSize: 1_000_000,
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
    maxRejects: 0,
    verify: 'ledger',
  };
  await runAll(host, { ...spec, types, range });
  return spec;
}

describe('where a schedule and a tail continue', () => {
  /** The range of a schedule's run, and the first ledger of a tail from `committed`. */
  async function next(
    base: Omit<RunSpec, 'range'>,
    types: readonly string[],
    from?: number,
  ): Promise<{ range: LedgerRange | undefined; cursor: number }> {
    const spec = { ...base, types };
    const { range } = await runStep(createSharedActivities(host.deps).resolveRange, {
      ...{ spec, lag: 0, maxLedgers: 1_000, concurrency: 1, maxParked: 1, onFailure: 'fail' as const },
      ...(from === undefined ? {} : { from }),
    });
    const { cursor } = await runStep(createWatchActivities(host.deps).openTail, {
      spec,
      from: 'committed' as const,
      lag: 0,
    });
    return { range, cursor };
  }

  it('is the start of a message type that the archive lacks, although other types have those ledgers', async () => {
    const line = (type: string, ledger: number): string =>
      `{"message_type":"${type}","ledger_sequence":${ledger},"closed_at":"2025-07-13T01:02:03Z","n":1}\n`;
    const ledgers = Array.from({ length: 30 }, (_, index) => index + 1);
    await writeFile(
      path.join(dir, 'two.ndjson'),
      ledgers.map((ledger) => line('old', ledger) + (ledger < 5 ? '' : line('new', ledger))).join(''),
    );
    const spec = await committed('messages', `ndjson:${path.join(dir, 'two.ndjson')}`, ['old'], {
      start: 1,
      end: 20,
    });
    // The newest ledger of message files is still open.
    expect(await next(spec, ['old'])).toEqual({ range: { start: 21, end: 29 }, cursor: 21 });
    expect(await next(spec, ['old', 'new'])).toEqual({ range: { start: 5, end: 29 }, cursor: 5 });
    // A tail has no such setting: it starts at its --from.
    expect(await next(spec, ['old', 'new'], 12)).toEqual({ range: { start: 12, end: 29 }, cursor: 5 });
    // A type that the source does not have yet does not block.
    expect(await next(spec, ['old', 'none'])).toEqual({ range: { start: 21, end: 29 }, cursor: 21 });
  }, 60_000);

  it('leaves the newest ledger of growing files to the next run, which finds all of its messages', async () => {
    const file = path.join(dir, 'live.ndjson');
    const write = (ledgers: readonly number[]): Promise<void> =>
      appendFile(
        file,
        ledgers
          .map(
            (ledger, index) =>
              `{"message_type":"old","ledger_sequence":${ledger},"closed_at":"2025-07-13T01:02:03Z","n":${index}}\n`,
          )
          .join(''),
      );
    const spec: Omit<RunSpec, 'range'> = {
      ...{ source: { uri: `ndjson:${file}` }, archive: path.join(dir, 'live'), partitionSize: 1_000 },
      settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
      ...{ maxRejects: 0, verify: 'ledger', types: ['old'] },
    };
    const input = {
      spec,
      lag: 0,
      maxLedgers: 1_000,
      concurrency: 1,
      maxParked: 1,
      onFailure: 'fail',
    } as const;
    /** One run of the schedule: what it found, and the rows of the archive after it. */
    const scheduled = async (): Promise<[ResolvedRange, number]> => {
      const found = await runStep(createSharedActivities(host.deps).resolveRange, input);
      if (found.range !== undefined) await runAll(host, { ...spec, range: found.range });
      const { files } = await (await host.deps.archives.get(spec.archive)).dataset('old').snapshot();
      return [found, files.reduce((sum, { rows }) => sum + (rows ?? 0), 0)];
    };
    // Two of the four messages of ledger 3 are written.
    await write([1, 2, 3, 3]);
    expect(await scheduled()).toEqual([{ tip: 3, range: { start: 1, end: 2 } }, 2]);
    expect(await scheduled()).toEqual([{ tip: 3 }, 2]);
    await write([3, 3, 4]);
    expect(await scheduled()).toEqual([{ tip: 4, range: { start: 3, end: 3 } }, 6]);
    // A run ends at a ledger with messages: it needs some.
    await write([20]);
    expect(await scheduled()).toEqual([{ tip: 20, range: { start: 4, end: 4 } }, 7]);
    expect(await scheduled()).toEqual([{ tip: 20 }, 7]);
    await write([30, 40]);
    expect(await scheduled()).toEqual([{ tip: 40, range: { start: 5, end: 30 } }, 9]);
    // As for a tail, `lag` counts from the newest complete ledger, here 40.
    await write([41]);
    expect((await runStep(createSharedActivities(host.deps).resolveRange, { ...input, lag: 1 })).range).toBe(
      undefined,
    );
    expect(await scheduled()).toEqual([{ tip: 41, range: { start: 31, end: 40 } }, 10]);
  }, 60_000);

  it('is the first ledger of a lake for a type that the archive lacks', async () => {
    const { ledgers } = await writeSampleLake({ dir: path.join(dir, 'lake'), ledgers: 20 });
    const spec = await committed('ledgers', `galexie:${path.join(dir, 'lake')}`, ['ledgers'], {
      start: ledgers.start + 5,
      end: ledgers.start + 9,
    });
    const after = ledgers.start + 10;
    expect(await next(spec, ['ledgers'])).toEqual({
      range: { start: after, end: ledgers.end },
      cursor: after,
    });
    expect(await next(spec, ['ledgers', 'transactions'])).toEqual({
      range: ledgers,
      cursor: ledgers.start,
    });
  }, 60_000);

  it('is after the committed ledgers of a processor, as far as it answers', async () => {
    const line = (ledger: number): string =>
      `{"message_type":"old","ledger_sequence":${ledger},"closed_at":"2025-07-13T01:02:03Z","n":1}\n`;
    let tip = 20;
    const server = createServer((request, response) => {
      const { searchParams } = new URL(String(request.url), 'http://host');
      const [start, last] = [Number(searchParams.get('start')), Number(searchParams.get('end'))];
      if (last > tip) return void response.writeHead(425).end();
      const ledgers = Array.from({ length: last - start + 1 }, (_, index) => start + index);
      response.end(ledgers.map(line).join(''));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const spec = await committed('processor', uri, ['old'], { start: 11, end: 20 });
      expect(await next(spec, ['old'])).toEqual({ range: undefined, cursor: 21 });
      tip = 57;
      expect(await next(spec, ['old'])).toEqual({ range: { start: 21, end: 57 }, cursor: 21 });
      tip = 5000;
      expect(await next(spec, ['old'])).toEqual({ range: { start: 21, end: 1020 }, cursor: 21 });

      const other = { ...spec, archive: path.join(dir, 'none') };
      expect(
        (
          await runStep(createSharedActivities(host.deps).resolveRange, {
            ...{
              spec: other,
              lag: 2,
              maxLedgers: 10,
              concurrency: 1,
              maxParked: 1,
              onFailure: 'fail' as const,
            },
            from: 4995,
          })
        ).range,
      ).toEqual({ start: 4995, end: 4998 });
      for (const from of ['committed', 'latest'] as const)
        await expect(
          runStep(createWatchActivities(host.deps).openTail, { spec: other, from, lag: 0 }),
        ).rejects.toThrow(/does not say which ledgers it has/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }, 60_000);
});
