import { randomUUID } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import type { Condition, Content, RemoteInfo } from './driver';
import type { Place } from './fault';
import type { Requests } from './requests';
import { beforeNext } from './retry';

/** How a conditional write ended: ours is there, or the condition did not hold. */
export type WriteResult = 'ours' | 'refused';

/**
 * Writes an object in one request under a condition. Every write carries a random id in the object's metadata. A
 * refusal, or a failure that leaves open whether the write happened, is settled by reading the id back: an answer that
 * was lost, or a request that was sent twice, never looks like somebody else's object.
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
    // Nothing is known: not written yet, or written and deleted again since. The same id makes another try harmless.
    await beforeNext(
      requests.settings,
      attempt,
      requests.driver.fault(failure ?? new Undecided(), place),
      signal,
    );
  }
}

/** What the object says that is there now; undefined when it leaves the question open. */
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
  if (condition === 'always') return undefined;
  return now?.version === condition.version ? undefined : 'refused';
}

/** HEAD with its tries. */
export function head(requests: Requests, name: string, place: Place): Promise<RemoteInfo | undefined> {
  return requests.send(place, (signal) => requests.driver.head(name, signal));
}

/** @throws ParquetryError VERIFY_MISMATCH when the object that we made is not as long as what we sent */
export function assertSize(info: RemoteInfo | undefined, size: number, place: Place): void {
  if (info !== undefined && info.size === size) return;
  throw new ParquetryError(
    'VERIFY_MISMATCH',
    `${place.uri} holds ${info?.size ?? 'no'} bytes after ${size} were uploaded.`,
    { details: { uri: place.uri, size: info?.size ?? null, expectedSize: size } },
  );
}

/** A condition that was refused although nothing stands against it by now. */
class Undecided extends Error {
  readonly code = 'EAGAIN';
}
