import path from 'node:path';
import type { Reject } from '@parquetry/core';
import { MessageTail } from '../tail/messages';
import { MessageReader } from '../message';
import { LineClassifier } from './classify';
import { MAX_LINE } from './files/lines';
import { type InspectedMessage, inspectNdjson } from './inspect';
import { Workspace } from './testing/workspace';

const TIME = '"closed_at":"2025-07-13T09:36:17Z"';

describe('LineClassifier', () => {
  const lines = new LineClassifier(new MessageReader(), (dataset) => dataset === 'a');

  it.each([
    ['', 'blank'],
    [' \t\r', 'blank'],
    ['{"type":"a","ledger":5}', 'message'],
    ['{"type":"b","ledger":0}', 'otherType'],
    ['{"type":"a"', 'unusable', 'NOT_JSON', undefined],
    ['[1]', 'unusable', 'NOT_OBJECT', undefined],
    ['{"ledger":5}', 'unusable', 'NO_MESSAGE_TYPE', undefined],
    ['{"type":"a"}', 'unusable', 'NO_LEDGER', 'a'],
    ['{"type":"a","ledger":0}', 'unusable', 'BAD_LEDGER', 'a'],
  ])('%j is %s', (text, kind, ...fault) => {
    const bytes = Buffer.from(`x${text}x`);
    expect(lines.classify(bytes, 1, bytes.length - 1)).toBe(kind);
    if (fault.length > 0) expect([lines.fault.code, lines.dataset]).toEqual(fault);
  });
});

describe('index pass, inspection and tail', () => {
  let workspace: Workspace;
  beforeEach(async () => (workspace = await Workspace.create()));
  afterEach(() => workspace.remove());

  it('find the same unusable lines, for the same reasons', async () => {
    const texts = [
      `{"type":"a","ledger":5,${TIME}}`,
      '{"type":"a"',
      '',
      '[1]',
      '{"ledger":5}',
      `{"type":"a",${TIME}}`,
      `{"type":"a","ledger":"5x",${TIME}}`,
      `{"type":"b","ledger":0,${TIME}}`,
      // Blank, but longer than the limit and longer than a batch.
      ' '.repeat(MAX_LINE + (5 << 20)),
      // The same, but its end is in the first batch that exceeds the limit.
      ' '.repeat(MAX_LINE + 1),
      `{"type":"a","ledger":6,${TIME}}`,
    ];
    const file = await workspace.write('in.ndjson', texts);
    const options = { schemas: new Map() };
    const facts = ({ code, position, dataset }: Partial<Reject>): unknown[] => [
      Number(position?.split(':').at(-1)),
      code,
      dataset,
    ];

    const index = await workspace.prepare(await workspace.open(file), { start: 1, end: 10 }, ['a']);
    const indexed = (await workspace.rejects()).map(facts);
    expect(indexed).toEqual([
      [2, 'NOT_JSON', undefined],
      [4, 'NOT_OBJECT', undefined],
      [5, 'NO_MESSAGE_TYPE', undefined],
      [6, 'NO_LEDGER', 'a'],
      [7, 'BAD_LEDGER', 'a'],
      [9, 'LINE_TOO_LONG', undefined],
      [10, 'LINE_TOO_LONG', undefined],
    ]);

    const inspected: InspectedMessage[] = [];
    await inspectNdjson({
      spec: file,
      options,
      schemas: new Map(index.datasets.map(({ dataset, schema }) => [dataset, schema])),
      range: { start: 1, end: 10 },
      types: ['a'],
      layout: { kind: 'ledger_day' },
      workDir: path.dirname(file),
      onMessage: (message) => inspected.push(message),
    });
    expect(
      inspected.flatMap(({ fault, unusable, ...rest }) =>
        unusable === true && fault !== undefined ? [facts({ ...rest, code: fault.code })] : [],
      ),
    ).toEqual(indexed);

    const tail = new MessageTail(file, {
      cursor: 1,
      lag: 0,
      types: ['a'],
      datasets: [],
      workDir: path.dirname(file),
      messages: options,
    });
    while ((await tail.look()).more);
    expect(tail.rejects.unusable.first(10).map(facts)).toEqual(indexed);
  }, 120_000);
});
