import { createHash, type Hash, randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { isParquetryError } from '@parquetry/core';
import type { PutOutcome, UploadExpectation } from '../store';
import { assertIdentity, openStaged } from '../temp';
import type { Content, PartUpload } from './driver';
import { type Place, UploadLost } from './fault';
import type { Requests } from './requests';
import { beforeNext, cancelled, isAborted } from './retry';
import { assertSize, head, settle, writeOnce } from './write';

const CHUNK = 1 << 20;
const BEGIN_GRACE_MS = 5000;

/**
 * Uploads of this process that could not be aborted, by the URI of the object: their credentials expired on the way. The
 * next upload of the object aborts them; those of a process that has ended remain until `gc`.
 */
const abandoned = new Map<string, PartUpload>();
const MAX_ABANDONED = 1000;

/** One upload. */
interface Job {
  readonly name: string;
  readonly place: Place;
  readonly file: string;
  readonly expected: UploadExpectation;
}

/**
 * Creates an object from a local file. At most `partsInFlight` parts are in memory. The bytes are hashed while they are
 * read, and the request that makes the object visible is sent only when the hash matches. A server that does not
 * enforce the condition of multipart uploads gets the file in one streamed request.
 */
export async function uploadFile(requests: Requests, job: Job): Promise<PutOutcome> {
  const { name, place, file, expected } = job;
  if (isAborted(expected.signal)) throw cancelled(`The upload of ${file}`);
  const source = await openStaged(file);
  try {
    const { size } = await source.stat();
    assertIdentity(file, expected, size);
    await abortAbandoned(requests, place);
    const ours = await send(requests, job, source);
    if (!ours) return 'exists';
    assertSize(await head(requests, name, place), size, place);
    return 'created';
  } catch (error) {
    if (isAborted(expected.signal)) throw cancelled(`The upload of ${file}`);
    throw error;
  } finally {
    await source.close();
  }
}

/** Sends a small file, or one for which multipart is not safe, in one request; true when the object is ours. */
async function send(requests: Requests, job: Job, source: FileHandle): Promise<boolean> {
  const { name, place, expected } = job;
  if (expected.size <= requests.settings.partBytes) {
    const bytes = await readPart(source, 0, expected.size);
    assertHash(job, createHash('sha256').update(bytes), bytes.length);
    return sendWhole(requests, job, bytes);
  }
  if ((await head(requests, name, place)) !== undefined) return false;
  if (await requests.driver.partsAreSafe()) return sendParts(requests, job, source);
  return sendWhole(requests, job, await hashedFile(job, source));
}

async function sendWhole(
  requests: Requests,
  { name, place, expected }: Job,
  content: Content,
): Promise<boolean> {
  const request = { content, sha256: expected.sha256 };
  return (await writeOnce(requests, name, place, request, 'absent', expected.signal)) === 'ours';
}

/** The file for one streamed request. Its bytes are checked first, since that request makes the object visible. */
async function hashedFile(job: Job, source: FileHandle): Promise<Content> {
  const { file, expected } = job;
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  let size = 0;
  for (let bytes: Buffer; (bytes = await readPart(source, size, CHUNK)).length > 0; size += bytes.length) {
    if (isAborted(expected.signal)) throw cancelled(`The upload of ${file}`);
    sha256.update(bytes);
    md5.update(bytes);
  }
  assertHash(job, sha256, size);
  return { file, size, md5: md5.digest('base64') };
}

/** An upload can be lost (aborted by a cleanup, or an expired session); then it is restarted. */
async function sendParts(requests: Requests, job: Job, source: FileHandle): Promise<boolean> {
  const { name, place, expected } = job;
  for (let attempt = 1; ; attempt++) {
    const writeId = randomUUID();
    const begin = { name, writeId, size: expected.size, sha256: expected.sha256 };
    // A cancelled start could leave an upload on the server whose id is unknown here: wait a while for its response.
    const patient = later(expected.signal, BEGIN_GRACE_MS);
    const upload = await requests
      .send(place, (signal) => requests.driver.begin(begin, signal), patient)
      .finally(patient.dispose);
    let failure: unknown = new UploadLost();
    try {
      await sendAll(requests, upload, job, source);
      if (await requests.send(place, (signal) => upload.finish(signal), expected)) return true;
    } catch (error) {
      failure = error;
    }
    // The condition failed, or a response was lost: free the parts, then check the existing object.
    await aborted(
      place,
      upload,
      requests.send(place, (signal) => upload.abort(signal)),
    );
    const lost = isLost(failure);
    if (!lost && !(isParquetryError(failure) && failure.retryable)) throw failure;
    const settled = await settle(requests, name, place, writeId, 'absent');
    if (settled === 'ours') return true;
    if (!lost) throw failure;
    if (settled === 'refused') return false;
    await beforeNext(requests.settings, attempt, requests.driver.fault(failure, place), expected.signal);
  }
}

/** Waits until an upload is aborted; keeps one that is not for the next upload of the object. */
async function aborted({ uri }: Place, upload: PartUpload, abort: Promise<void>): Promise<void> {
  try {
    await abort;
    if (abandoned.get(uri) === upload) abandoned.delete(uri);
  } catch {
    if (abandoned.size < MAX_ABANDONED) abandoned.set(uri, upload);
  }
}

/** One request without retries: an upload must not wait long for an old one. */
async function abortAbandoned(requests: Requests, place: Place): Promise<void> {
  const upload = abandoned.get(place.uri);
  if (upload === undefined) return;
  await aborted(
    place,
    upload,
    requests.once((signal) => upload.abort(signal)),
  );
}

async function sendAll(requests: Requests, upload: PartUpload, job: Job, source: FileHandle): Promise<void> {
  const { place, expected } = job;
  const stop = new AbortController();
  const signal =
    expected.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, expected.signal]);
  const limit = upload.parallel ? requests.settings.partsInFlight : 1;
  const hash = createHash('sha256');
  const flying = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const fail = (error: unknown): void => {
    failures.push(error);
    stop.abort();
  };
  try {
    for (let index = 0, offset = 0; offset < expected.size && failures.length === 0; index++) {
      const bytes = await readPart(source, offset, Math.min(upload.partBytes, expected.size - offset));
      hash.update(bytes);
      const at = offset;
      offset += bytes.length;
      if (bytes.length === 0 || offset === expected.size) assertHash(job, hash, offset);
      const sent: Promise<void> = requests
        .send(place, (part) => upload.part(index, at, bytes, part), { signal, bytes: bytes.length })
        .catch(fail)
        .finally(() => flying.delete(sent));
      flying.add(sent);
      while (flying.size >= limit) await Promise.race(flying);
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(flying);
  if (failures.length > 0) throw failures[0];
}

/** A signal that fires some time after another one, until it is disposed of: the other one may be that of many uploads. */
function later(
  signal: AbortSignal | undefined,
  milliseconds: number,
): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const stop = new AbortController();
  const onAbort = (): void => void setTimeout(() => stop.abort(), milliseconds).unref();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (isAborted(signal)) onAbort();
  return { signal: stop.signal, dispose: () => signal?.removeEventListener('abort', onAbort) };
}

function isLost(failure: unknown): boolean {
  return failure instanceof UploadLost || (failure instanceof Error && failure.cause instanceof UploadLost);
}

async function readPart(source: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await source.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

function assertHash({ file, expected }: Job, hash: Hash, size: number): void {
  assertIdentity(file, expected, size, hash.digest('hex'));
}
