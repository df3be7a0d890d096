import type { TableSchema } from '@parquetry/schema';
import { checkSortKeys } from './sortkeys';

const trade = {
  dataset: 'trade',
  schema: {
    fields: [
      { name: 'id', type: { type: 'uint32' } },
      { name: 'place', type: { type: 'struct', fields: [] } },
    ],
  } as unknown as TableSchema,
};

describe('columns that rows are sorted by', () => {
  it('are columns of some dataset', () => {
    expect(() => checkSortKeys(['id'], [trade])).not.toThrow();
    expect(() => checkSortKeys(['rank'], [trade])).toThrow(/no column of trade has that name/);
  });

  it('may appear later in a tail of messages', () => {
    expect(() => checkSortKeys(['rank'], [trade], 'some')).not.toThrow();
  });

  it.each(['all', 'some'] as const)('are not nested, whether %s datasets are known', (known) => {
    expect(() => checkSortKeys(['place'], [trade], known)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/lists or structs/) as string,
      }),
    );
  });
});
