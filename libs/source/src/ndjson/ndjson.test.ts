import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { appendFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { compress } from '@mongodb-js/zstd';
import type { TableSchema } from '@parquetry/schema';
import type { SourceIndex } from '../source';
import { MAX_LINE } from './files/lines';
import type { NdjsonIndex } from './blocks';
import { readStage } from './testing/readback';
import { Workspace } from './testing/workspace';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.create();
});
afterEach(() => workspace.remove());

const message = (ledger: number, fields = '', type = 'a') =>
  `{"type":"${type}","ledger":${ledger},"closed_at":${1_752_000_000 + ledger * 5}${fields}}`;
const rowsOf = async (stageDir: string, { datasets }: SourceIndex, dataset = 'a') => {
  const schema = datasets.find((found) => found.dataset === dataset)?.schema as TableSchema;
  return (await readStage(stageDir, schema)).map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
  );
};

describe('files', () => {
  it('are found by path, list and glob; existing names win over globs', async () => {
    await workspace.write('b.ndjson', [message(2)]);
    await workspace.write('a.ndjson', [message(1)]);
    await workspace.write('x[1],{y}.ndjson', [message(3)]);
    const names = async (spec: string) => {
      const source = await workspace.open(spec);
      const { files } = (await workspace.prepare(source)).data as NdjsonIndex;
      return files.map(({ name }) => path.basename(name));
    };
    expect(await names(workspace.file('?.ndjson'))).toEqual(['a.ndjson', 'b.ndjson']);
    expect(await names(`${workspace.file('b.ndjson')},${workspace.file('*.ndjson')}`)).toEqual([
      'b.ndjson',
      'a.ndjson',
      'x[1],{y}.ndjson',
    ]);
    expect(await names(workspace.file('x[1],{y}.ndjson'))).toEqual(['x[1],{y}.ndjson']);
  });

  it('that are dangling links, or in unreadable folders, are not skipped silently', async () => {
    await workspace.write('a.ndjson', [message(1)]);
    await symlink(workspace.file('a.ndjson'), workspace.file('good.ndjson'));
    await mkdir(workspace.file('deep'));
    await symlink('gone', workspace.file('deep/bad.ndjson'));
    await symlink('loop.txt', workspace.file('loop.txt'));
    const open = (spec: string) => workspace.open(workspace.file(spec));
    await expect(open('*.ndjson')).resolves.toBeDefined();
    for (const spec of ['deep/*.ndjson', '**/*.ndjson', `*.ndjson,${workspace.file('deep/b*')}`])
      await expect(open(spec)).rejects.toMatchObject({
        code: 'SOURCE_NOT_FOUND',
        message: expect.stringMatching(/deep\/bad\.ndjson is a link whose target is missing/) as string,
      });
    await expect(open('*.txt')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await rm(workspace.file('deep/bad.ndjson'));
    const readdir = fs.readdir.bind(fs) as (...args: unknown[]) => void;
    jest
      .spyOn(fs, 'readdir')
      .mockImplementation(((folder: string, options: object, done: (error: Error) => void) =>
        folder.includes('deep')
          ? done(Object.assign(new Error('denied'), { code: 'EACCES', path: folder }))
          : readdir(folder, options, done)) as never);
    await expect(open('**/*.ndjson')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    jest.restoreAllMocks();
    await expect(open('**/*.ndjson')).resolves.toBeDefined();
  });

  it('that are missing, or folders, are named in an error', async () => {
    await workspace.write('a.ndjson', []);
    await expect(workspace.open(workspace.file('none.ndjson'))).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
    });
    await expect(workspace.open(workspace.file('n*.ndjson'))).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
    });
    await expect(workspace.open('')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(workspace.open(workspace.dir)).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
    await expect(workspace.open(workspace.file('a.ndjson'), { messageType: '../x' })).rejects.toMatchObject({
      code: 'MESSAGE_TYPE_INVALID',
    });
  });

  it('plain, gzip and zstd give the same rows, counts and identity', async () => {
    const lines = Array.from({ length: 3_000 }, (_, row) =>
      message(1 + Math.floor(row / 7), `,"v":${row},"s":"é${row}"`, row % 5 === 0 ? 'b' : 'a'),
    );
    const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const half = text.indexOf(10, text.length / 2) + 1;
    await workspace.write('plain', text);
    await workspace.write(
      'one.gz',
      Buffer.concat([gzipSync(text.subarray(0, 999)), gzipSync(text.subarray(999))]),
    );
    await workspace.write(
      'two.zst',
      Buffer.concat([await compress(text.subarray(0, half)), await compress(text.subarray(half))]),
    );
    await workspace.write('first.gz', gzipSync(text.subarray(0, half)));
    await workspace.write('second.zst', await compress(text.subarray(half)));
    const outcome = async (...names: string[]) => {
      const source = await workspace.open(names.map((name) => workspace.file(name)).join());
      const index = await workspace.prepare(source);
      const { manifest, stageDir } = await workspace.pull(source, index, { start: 50, end: 300 });
      return [
        index.datasets,
        manifest.datasets,
        await rowsOf(stageDir, index),
        await rowsOf(stageDir, index, 'b'),
      ];
    };
    const plain = await outcome('plain');
    expect(JSON.stringify(plain[1])).toContain('"rows":');
    for (const names of [['one.gz'], ['two.zst'], ['first.gz', 'second.zst']])
      expect(await outcome(...names)).toEqual(plain);
  });

  it('that are compressed are decompressed once, and again if the copy is missing', async () => {
    const packed = gzipSync(`${message(1)}\n${message(2)}\n`);
    const source = await workspace.open(await workspace.write('in.gz', packed));
    const index = await workspace.prepare(source);
    expect(index.bytesRead).toBe(packed.length);
    expect((await workspace.pull(source, index)).manifest.bytesRead).toBe(0);
    const elsewhere = await workspace.pull(source, index, undefined, { spoolDir: workspace.file('other') });
    expect(elsewhere.manifest.bytesRead).toBe(packed.length);
    expect(elsewhere.manifest.datasets[0]?.rows).toBe(2);
  });

  it('that are truncated or corrupt are an error, not fewer rows', async () => {
    const text = Buffer.from(
      Array.from({ length: 500 }, (_, row) => `${message(1 + row, `,"r":${Math.random()}`)}\n`).join(''),
    );
    const gzip = gzipSync(text);
    const zstd = await compress(text);
    const flipped = Buffer.from(gzip);
    flipped[gzip.length - 6] = (flipped[gzip.length - 6] as number) ^ 1;
    for (const [name, bytes] of [
      ['short.gz', gzip.subarray(0, -20)],
      ['flipped.gz', flipped],
      ['short.zst', zstd.subarray(0, -3)],
      ['junk.zst', Buffer.concat([zstd, Buffer.from('junk!')])],
      ['other.gz', text],
      ['lost.gz', Buffer.concat([gzip, Buffer.alloc(9), gzip])],
    ] as const) {
      await workspace.write(name, Buffer.from(bytes));
      const run = workspace.open(workspace.file(name)).then((source) => workspace.prepare(source));
      await expect(run).rejects.toMatchObject({ code: 'SOURCE_CORRUPT' });
    }
  });

  it('that change after the index pass are detected', async () => {
    const file = await workspace.write('in', [message(1), message(2)]);
    const source = await workspace.open(file);
    const index = await workspace.prepare(source);
    await writeFile(file, `${message(1)}\n${message(3)}\n`);
    await expect(workspace.pull(source, index)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await writeFile(file, `${message(1)}\n`);
    await expect(workspace.pull(source, index)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await rm(file);
    await expect(workspace.pull(source, index)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  it('may grow: the earlier content stays readable', async () => {
    const file = await workspace.write('in', [message(1)]);
    const source = await workspace.open(file);
    const index = await workspace.prepare(source);
    await appendFile(file, `${message(2)}\n`);
    expect((await workspace.pull(source, index)).manifest.datasets[0]?.rows).toBe(1);
  });
});

describe('lines', () => {
  it('may end with CRLF, be blank, start with a byte order mark, lack the last newline; positions stay right', async () => {
    const text = `\uFEFF${message(1)}\r\n\r\n  \n${message(2)}\n{"type":"a","ledger":3}`;
    const source = await workspace.open(await workspace.write('in', Buffer.from(text)));
    const index = await workspace.prepare(source);
    expect(index.unusable).toBe(0);
    const { manifest, stageDir } = await workspace.pull(source, index);
    expect(manifest.datasets[0]).toMatchObject({ rows: 2, rejected: 1, messages: 3 });
    expect(await workspace.rejects(stageDir, 'a')).toEqual([
      expect.objectContaining({
        code: 'NO_CLOSE_TIME',
        dataset: 'a',
        ledger: 3,
        position: `${workspace.file('in')}:5`,
        raw: '{"type":"a","ledger":3}',
      }),
    ]);
  });

  it('that belong to no partition are the rejects of the run, once', async () => {
    const bad = [
      'nope',
      '[]',
      '{"ledger":1}',
      '{"type":"a"}',
      '{"type":"a/b","ledger":1}',
      `{"type":"a","x":${'['.repeat(300)}`,
    ];
    const bytes = Buffer.concat([
      Buffer.from([...bad, message(1)].join('\n')),
      Buffer.from('\n{"type":"\xff"}\n', 'latin1'),
    ]);
    const source = await workspace.open(await workspace.write('in', bytes));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const index = await workspace.prepare(source);
      expect(index).toMatchObject({ unusable: 7, filtered: 0, datasets: [{ dataset: 'a', messages: 1 }] });
      const rejects = await workspace.rejects();
      expect(
        rejects.map(({ code, position }) => [code, position.slice(workspace.file('in').length)]),
      ).toEqual([
        ['NOT_JSON', ':1'],
        ['NOT_OBJECT', ':2'],
        ['NO_MESSAGE_TYPE', ':3'],
        ['NO_LEDGER', ':4'],
        ['BAD_MESSAGE_TYPE', ':5'],
        ['TOO_DEEP', ':6'],
        ['NOT_UTF8', ':8'],
      ]);
      expect(rejects[0]).toMatchObject({ raw: 'nope' });
      expect(rejects[6]).toMatchObject({
        raw_base64: Buffer.from('{"type":"\xff"}', 'latin1').toString('base64'),
      });
      const { manifest } = await workspace.pull(source, index);
      expect(manifest.datasets[0]).toMatchObject({ rows: 1, rejected: 0 });
    }
  });

  it('of 16 MB and more are read; above 64 MB they are rejects, and the rest of the file is read', async () => {
    const big = 'x'.repeat(20 << 20);
    const huge = Buffer.alloc(MAX_LINE + 10, 120);
    const source = await workspace.open(
      await workspace.write(
        'in',
        Buffer.concat([
          Buffer.from(`${message(1)}\n`),
          huge,
          Buffer.from(`\n${message(2, `,"big":"${big}"`)}\n${message(3)}\n`),
          huge,
        ]),
      ),
    );
    const index = await workspace.prepare(source);
    expect(index.unusable).toBe(2);
    const rejects = await workspace.rejects();
    expect(rejects.map(({ code, position, raw }) => [code, position.split(':').at(-1), raw?.length])).toEqual(
      [
        ['LINE_TOO_LONG', '2', 4_096],
        ['LINE_TOO_LONG', '5', 4_096],
      ],
    );
    // The whole of such a line can be found again in its file.
    const content = await readFile(workspace.file('in'));
    for (const { offset = 0, length = 0, sha256 } of rejects) {
      const line = content.subarray(offset, offset + length);
      expect(line.equals(huge)).toBe(true);
      expect(createHash('sha256').update(line).digest('hex')).toBe(sha256);
    }
    const { manifest, stageDir } = await workspace.pull(source, index);
    expect(manifest.datasets[0]).toMatchObject({ rows: 3, rejected: 0 });
    expect(JSON.stringify(await rowsOf(stageDir, index)).length).toBeGreaterThan(20 << 20);
  });
});

describe('partitions', () => {
  it('of one sorted file read it about once in total, and cover it exactly', async () => {
    const lines = Array.from({ length: 40_000 }, (_, row) =>
      message(1_000 + Math.floor(row / 50), `,"row":${row},"text":"${'x'.repeat(100)}"`),
    );
    const source = await workspace.open(await workspace.write('in', lines));
    const index = await workspace.prepare(source);
    let bytes = 0;
    const rows: unknown[] = [];
    for (let part = 0; part < 8; part += 1) {
      const range = { start: 1_000 + part * 100, end: 1_099 + part * 100 };
      const { manifest, stageDir } = await workspace.pull(source, index, range);
      expect(manifest.datasets[0]).toMatchObject({ rows: 5_000, sorted: true });
      bytes += manifest.bytesRead;
      rows.push(...(await rowsOf(stageDir, index)));
    }
    expect(bytes / index.bytesRead).toBeLessThan(1.1);
    const whole = await workspace.pull(source, index);
    expect(await rowsOf(whole.stageDir, index)).toEqual(rows);
    expect(whole.manifest.datasets[0]?.messages).toBe(index.datasets[0]?.messages);
  });

  it('find their ledgers anywhere in the source, keep its order, and report that they were not sorted', async () => {
    const lines = [5, 1, 9, 5, 2, 1].map((ledger, row) => message(ledger, `,"row":${row}`));
    const source = await workspace.open(await workspace.write('in', lines));
    const index = await workspace.prepare(source, { start: 1, end: 5 });
    expect(index).toMatchObject({ filtered: 1, datasets: [{ messages: 5 }] });
    const { manifest, stageDir } = await workspace.pull(source, index, { start: 1, end: 5 });
    expect(manifest.datasets[0]).toMatchObject({
      rows: 5,
      sorted: false,
      ledgers: [
        { ledger: 1, rows: 2 },
        { ledger: 2, rows: 1 },
        { ledger: 5, rows: 2 },
      ],
    });
    expect((await rowsOf(stageDir, index)).map((row) => row['row'])).toEqual(['0', '1', '3', '4', '5']);
  });

  it('have the same identity for any position of the lines, and another one for other bytes', async () => {
    const hash = async (name: string, lines: string[]) => {
      const source = await workspace.open(await workspace.write(name, lines));
      return (await workspace.pull(source, await workspace.prepare(source))).manifest.datasets[0]
        ?.contentHash;
    };
    const ordered = await hash('a', [message(1), message(1, ',"x":1'), message(2)]);
    expect(
      await hash('b', [message(2), message(9, '', 'other'), message(1), '', 'junk', message(1, ',"x":1')]),
    ).toBe(ordered);
    expect(await hash('c', [message(1, ',"x":1'), message(1), message(2)])).not.toBe(ordered);
    expect(await hash('d', [message(1), message(1, ',"x":2'), message(2)])).not.toBe(ordered);
  });
});

describe('types', () => {
  it('can be requested, filtered and registered before', async () => {
    const source = await workspace.open(
      await workspace.write('in', [message(1), message(1, '', 'b'), '{"type":"b"}', message(2, '', 'c')]),
    );
    const index = await workspace.prepare(source, undefined, ['a', 'c']);
    // The message without a ledger is of a type that was not requested.
    expect(index).toMatchObject({ filtered: 2, unusable: 0, datasets: [{ dataset: 'a' }, { dataset: 'c' }] });
    await expect(workspace.prepare(source, undefined, ['zzz'])).rejects.toMatchObject({
      code: 'MESSAGE_TYPE_UNKNOWN',
    });
  });

  it('are limited in number', async () => {
    const source = await workspace.open(
      await workspace.write(
        'in',
        Array.from({ length: 600 }, (_, row) => message(1, '', `t${row}`)),
      ),
    );
    await expect(workspace.prepare(source)).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
  });

  it('stop on request', async () => {
    const source = await workspace.open(await workspace.write('in', [message(1)]));
    const index = await workspace.prepare(source);
    const signal = AbortSignal.abort();
    await expect(
      source.prepare({ range: { start: 1, end: 2 }, workDir: workspace.workDir, signal }),
    ).rejects.toThrow();
    await expect(workspace.pull(source, index, undefined, { signal })).rejects.toThrow();
  });
});
