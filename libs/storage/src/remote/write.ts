import { randomUUID } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import type { Condition, Content, RemoteInfo } from './driver';
import type { Place } from './fault';
import type { Requests } from './requests';
import { beforeNext } from './retry';

/** Outcome of a conditional write: our object exists, or the condition failed. */
export type WriteResult = 'ours' | 'refused';

/**
 * Writes an object in one request under a condition. Every write carries a random id in the object's metadata. After a
 * failed condition, or a failure with an unknown outcome, the id is read back: a lost response or a duplicate request
 * never looks like another writer's object.
 */
export async function writeOnce(
  requests: Requests,
  name: string,
  place: Place,
  { content, sha256 }: { readonly content: Content; readonly sha256: string },
  condition: Condition,
  signal?: AbortSignal,
): Promise<WriteResult> {
  const request = { name, content, sha256, condition, writeId: randomUUID() };
  const options = { signal, bytes: content instanceof Uint8Array ? content.length : content.size };
  for (let attempt = 1; ; attempt++) {
    let failure: unknown;
    try {
      if (await requests.once((stop) => requests.driver.put(request, stop), options)) return 'ours';
    } catch (error) {
      failure = error;
      const fault = requests.driver.fault(error, place);
      if (!fault.again) throw fault.error;
    }
    const settled = await settle(requests, name, place, request.writeId, condition);
    if (settled !== undefined) return settled;
    // The object does not have the expected version.
    if (failure === undefined && typeof condition === 'object') return 'refused';
    // The outcome is unknown: not written, or written and deleted since. The same id makes a retry harmless.
    await beforeNext(
      requests.settings,
      attempt,
      requests.driver.fault(failure ?? new Undecided(), place),
      signal,
    );
  }
}

/** Outcome according to the existing object; undefined when inconclusive. */
export async function settle(
  requests: Requests,
  name: string,
  place: Place,
  writeId: string,
  condition: Condition,
): Promise<WriteResult | undefined> {
  const now = await head(requests, name, place);
  if (now?.writeId === writeId) return 'ours';
  if (condition === 'absent') return now === undefined ? undefined : 'refused';
  return undefined;
}

/** HEAD with retries. */
export function head(requests: Requests, name: string, place: Place): Promise<RemoteInfo | undefined> {
  return requests.send(place, (signal) => requests.driver.head(name, signal));
}

/** @throws ParquetryError VERIFY_MISMATCH when our object does not have the size that we sent */
export function assertSize(info: RemoteInfo | undefined, size: number, place: Place): void {
  if (info !== undefined && info.size === size) return;
  // Someone deleted it, or the store is not consistent yet: the step's retry decides again.
  if (info === undefined)
    throw new ParquetryError('STORAGE_UNREACHABLE', `${place.uri} is not found right after its upload.`, {
      details: { uri: place.uri, expectedSize: size },
      hint: 'The store must show an object as soon as it is written; check that nothing deletes new objects.',
    });
  throw new ParquetryError(
    'VERIFY_MISMATCH',
    `${place.uri} has ${info.size} bytes after ${size} were uploaded.`,
    { details: { uri: place.uri, size: info.size, expectedSize: size } },
  );
}

/** A condition that failed although the conflicting object no longer exists. */
class Undecided extends Error {
  readonly code = 'EAGAIN';
}
