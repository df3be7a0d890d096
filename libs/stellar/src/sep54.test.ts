import * as fc from 'fast-check';
import { batchRange, batchesOf, folderRange, objectKey, parseFolderName, parseObjectKey } from './sep54';

const layout = (ledgersPerBatch: number, batchesPerPartition: number) => ({
  ledgersPerBatch,
  batchesPerPartition,
});

describe('SEP-54 names', () => {
  // Keys seen in real lakes and in the tests of other readers of the format.
  it.each([
    [1, 64000, 62528059, 'FC45E5FF--62528000-62591999/FC45E5C4--62528059.xdr.zst'],
    [50, 2, 150, 'FFFFFF9B--100-199/FFFFFF69--150-199.xdr.zst'],
    [200, 1, 300, 'FFFFFF37--200-399.xdr.zst'],
    [100, 200, 4294967295, '00001C7F--4294960000-4294967295/0000005F--4294967200-4294967295.xdr.zst'],
    [1, 64000, 310079, 'FFFC17FF--256000-319999/FFFB44C0--310079.xdr.zst'],
    [10, 0, 5, 'FFFFFFFF--0-9.xdr.zst'],
  ])('%d ledgers an object, %d objects a folder: ledger %d', (ledgers, batches, ledger, key) => {
    expect(objectKey(layout(ledgers, batches), ledger)).toBe(key);
  });

  it('names the objects of old lakes', () => {
    expect(objectKey(layout(1, 1), 53312000, 'zstd')).toBe('FCD285FF--53312000.xdr.zstd');
  });

  it('parses its own names, and every ledger is in its object and folder', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 64000 }),
        fc.integer({ min: 1, max: 4294967295 }),
        (ledgers, batches, ledger) => {
          const lake = layout(ledgers, batches);
          const batch = batchRange(lake, ledger);
          expect(parseObjectKey(objectKey(lake, ledger))).toEqual({ ...batch, extension: 'zst' });
          expect(batch.start <= ledger && ledger <= batch.end).toBe(true);
          const folder = folderRange(lake, ledger) ?? batch;
          expect(folder.start <= batch.start && batch.end <= folder.end).toBe(true);
        },
      ),
    );
  });

  it.each([
    'FFFFFF69--151-199.xdr.zst',
    'ffffff69--150-199.xdr.zst',
    'FFFFFF69--150-149.xdr.zst',
    'FFFFFF69--150-199.xdr',
    '.config.json',
    '00000000--4294967296.xdr.zst',
  ])('%s is not an object', (name) => {
    expect(parseObjectKey(name)).toBeUndefined();
  });

  it('lists the objects of a range without overlap, also at the end of all ledgers', () => {
    expect([...batchesOf(layout(4, 1), { start: 6, end: 13 })].map(({ start }) => start)).toEqual([4, 8, 12]);
    expect([...batchesOf(layout(64, 1), { start: 4294967290, end: 4294967295 })]).toEqual([
      { start: 4294967232, end: 4294967295 },
    ]);
  });

  it('reads folder names', () => {
    expect(parseFolderName('FC3E15FF--63040000-63103999/')).toEqual({ start: 63040000, end: 63103999 });
    expect(parseFolderName('FC3E15FF--63040001-63103999/')).toBeUndefined();
    expect(parseFolderName('FC3D4709--63092982.xdr.zst')).toBeUndefined();
  });
});
