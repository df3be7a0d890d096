import { ParquetryError } from '@parquetry/core';
import { compareKeys } from '../key';
import type { ObjectInfo } from '../store';
import type { Page, PageRequest } from './driver';
import type { Place } from './fault';
import type { Requests } from './requests';

/** An object with its full name in the bucket. */
export type NamedObject = ObjectInfo & { readonly name: string };

/**
 * Objects whose name begins with `prefix`, after `after`, in byte order. A server that lists folder by folder is
 * walked, with the names of one folder in memory at a time.
 */
export async function* listNames(
  requests: Requests,
  place: Place,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<NamedObject> {
  let last = '';
  for (let next: string | undefined; !requests.walks;) {
    const page = await fetchPage(requests, place, { prefix, after, next });
    requests.walks = !page.ordered;
    if (requests.walks) break;
    for (const object of page.objects) {
      if (last !== '' && compareKeys(object.name, last) <= 0) throw disordered(place);
      last = object.name;
      if (after === undefined || compareKeys(object.name, after) > 0) yield object;
    }
    if (page.next === undefined) return;
    next = page.next;
  }
  yield* walk(requests, place, prefix, after);
}

/** Names directly below a folder (`''` or with `/` at its end), in order; those of folders end with `/`. */
export async function levelNames(requests: Requests, place: Place, folder: string): Promise<string[]> {
  const { objects, folders } = await level(requests, place, folder);
  return [...new Set([...objects.map(({ name }) => name), ...folders])]
    .filter((name) => name !== folder)
    .map((name) => name.slice(folder.length))
    .sort(compareKeys);
}

async function* walk(
  requests: Requests,
  place: Place,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<NamedObject> {
  const { objects, folders } = await level(requests, place, prefix);
  const found = new Map(objects.map((object) => [object.name, object]));
  for (const name of [...found.keys(), ...folders].sort(compareKeys)) {
    const object = found.get(name);
    if (object !== undefined) {
      if (after === undefined || compareKeys(name, after) > 0) yield object;
    } else if (after === undefined || compareKeys(name, after) > 0 || after.startsWith(name))
      yield* walk(requests, place, name, after);
  }
}

async function level(
  requests: Requests,
  place: Place,
  prefix: string,
): Promise<{ objects: NamedObject[]; folders: string[] }> {
  const objects: NamedObject[] = [];
  const folders = new Set<string>();
  for (let next: string | undefined; ;) {
    const page = await fetchPage(requests, place, { prefix, folders: true, next });
    for (const object of page.objects) objects.push(object);
    for (const folder of page.folders) folders.add(folder);
    if (page.next === undefined) return { objects, folders: [...folders] };
    next = page.next;
  }
}

/** One page, with nothing but names below the prefix: any other name could become a key of another folder. */
async function fetchPage(requests: Requests, place: Place, request: PageRequest): Promise<Page> {
  const { prefix, next } = request;
  const page = await requests.send(place, (signal) => requests.driver.page(request, signal));
  if (page.next !== undefined && (page.next === next || page.next === ''))
    throw refused(place, 'names the same next page again, so that the listing would not end');
  const isBelow = (name: string, form: RegExp): boolean =>
    name.startsWith(prefix) && form.test(name.slice(prefix.length));
  // A folder that is not right below the prefix would be walked forever.
  if (
    !page.objects.every(({ name }) => isBelow(name, request.folders === true ? /^[^/]*$/ : /^/)) ||
    !page.folders.every((name) => isBelow(name, /^[^/]*\/$/))
  )
    throw refused(place, 'lists names that are not below the requested prefix');
  if (!page.objects.every(({ size, modified }) => isCount(size) && Number.isFinite(modified)))
    throw refused(place, 'lists an object without a valid size or time');
  return page;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function refused(place: Place, what: string): ParquetryError {
  return new ParquetryError('STORAGE_REFUSED', `The server of ${place.uri} ${what}.`, {
    details: { uri: place.uri },
    hint: 'Check the endpoint: its listings are not those of S3 or GCS.',
  });
}

function disordered(place: Place): ParquetryError {
  return new ParquetryError(
    'CONFIG_INVALID',
    `The server of ${place.uri} does not list keys in byte order.`,
    { details: { uri: place.uri }, hint: 'Set PARQUETRY_S3_LISTING=walk.' },
  );
}
