import { ParquetryError } from '@parquetry/core';
import { listFiles } from './files';

it.each(['processor:other', 'http://127.0.0.1/x'])(
  'asserts the answers of %s before they are requested',
  async (uri) => {
    const asserted: string[] = [];
    await listFiles(`${uri}#2-5/2`, (file) => asserted.push(file));
    expect(asserted).toEqual([`${uri}?start=2&end=3`, `${uri}?start=4&end=5`]);
    const refuse = (): never => {
      throw new ParquetryError('LOCATION_REFUSED', 'refused');
    };
    await expect(listFiles(`${uri}#2-5/2`, refuse)).rejects.toMatchObject({ code: 'LOCATION_REFUSED' });
  },
);
