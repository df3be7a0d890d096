import type { Driver, Page } from './driver';
import { levelNames, listNames } from './listing';
import { Requests } from './requests';
import type { RemoteSettings } from '../settings';

const PLACE = { action: 'list', uri: 's3://b/p', bucket: 'b' };
const EMPTY: Page = { objects: [], folders: [], next: undefined, ordered: true };
const named = (name: string): Page['objects'][number] => ({ name, size: 1, modified: 0 });

/** Requests to a server that answers with these pages, the last one again and again. */
function serverOf(pages: readonly Partial<Page>[]): { requests: Requests; asked: () => number } {
  let count = 0;
  const page = (): Promise<Page> => {
    if (count > 20) throw new Error('the listing does not end');
    return Promise.resolve({ ...EMPTY, ...pages[Math.min(count++, pages.length - 1)] });
  };
  const driver = { page, fault: (error: unknown) => ({ error, again: false }) } as unknown as Driver;
  const settings = { attempts: 1, backoffMs: 1, timeoutMs: 1000 } as RemoteSettings;
  return { requests: new Requests(driver, settings), asked: () => count };
}

async function list(pages: readonly Partial<Page>[]): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of listNames(serverOf(pages).requests, PLACE, 'p/', undefined)) names.push(name);
  return names;
}

describe('a listing', () => {
  it('continues after an empty page', async () => {
    const pages = [{ next: 'a' }, { objects: [named('p/x')], next: 'b' }, { objects: [named('p/y')] }];
    expect(await list(pages)).toEqual(['p/x', 'p/y']);
  });

  it.each([
    ['pages that repeat their token', [{ next: 'a' }]],
    ['an empty token', [{ next: '' }]],
    ['objects of another prefix', [{ objects: [named('q/x')] }]],
    ['names that are shorter than the prefix', [{ objects: [named('p')] }]],
    ['a folder that contains itself', [{ ordered: false }, { folders: ['p/'] }]],
    ['a size that is no number', [{ objects: [{ ...named('p/x'), size: Number.NaN }] }]],
    ['a size without end', [{ objects: [{ ...named('p/x'), size: Number.POSITIVE_INFINITY }] }]],
    ['a time that is no number', [{ objects: [{ ...named('p/x'), modified: Number.NaN }] }]],
    ['an object deeper than one level', [{ ordered: false }, { objects: [named('p/a/x')] }]],
    ['folders of another prefix', [{ ordered: false }, { folders: ['q/'] }]],
  ])('of a server with %s is refused', async (_, pages) => {
    await expect(list(pages)).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
  });

  it('of one level names each entry once', async () => {
    const { requests } = serverOf([
      { objects: [named('p/x')], folders: ['p/a/'], next: 'b' },
      { objects: [named('p/x')], folders: ['p/a/'] },
    ]);
    expect(await levelNames(requests, PLACE, 'p/')).toEqual(['a/', 'x']);
  });
});
