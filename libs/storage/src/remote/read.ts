import { ParquetryError } from '@parquetry/core';
import { NoAnswer, ObjectChanged, type Place } from './fault';
import type { Requests } from './requests';
import { beforeNext } from './retry';

/**
 * Bytes `[start, end)` of an object, to its end without `end`. A broken connection is resumed at the same offset of the
 * same version, so a caller sees each byte once.
 * @throws ParquetryError OBJECT_NOT_FOUND, ObjectChanged when the object was replaced meanwhile
 */
export async function* readBytes(
  requests: Requests,
  name: string,
  place: Place,
  {
    start = 0,
    end,
    onVersion,
  }: {
    readonly start?: number;
    readonly end?: number;
    /** Called with the version that is read; an empty object has one, too. */
    readonly onVersion?: (version: string) => void;
  } = {},
): AsyncGenerator<Uint8Array> {
  const { driver, settings } = requests;
  let at = start;
  let stop = end;
  let version: string | undefined;
  for (let attempt = 1; stop === undefined || at < stop; attempt++) {
    const began = at;
    try {
      const wanted = { start: at, end: stop, version };
      const body = await requests.once((signal) => driver.read(name, wanted, signal));
      if (body === undefined) {
        if (version !== undefined) throw new ObjectChanged();
        await requests.assertBucket(name, place);
        throw new ParquetryError('OBJECT_NOT_FOUND', `Can't read ${place.uri}: there is no such object.`, {
          details: { uri: place.uri },
        });
      }
      if (body.start !== at)
        throw new ParquetryError(
          'STORAGE_REFUSED',
          `The server of ${place.uri} does not support ranged reads.`,
        );
      if (version !== undefined && body.version !== version) throw new ObjectChanged();
      version = body.version;
      onVersion?.(version);
      stop = Math.min(stop ?? body.total, body.total);
      for await (const chunk of withinTime(body.bytes, settings.timeoutMs)) {
        const bytes = chunk.subarray(0, Math.max(0, stop - at));
        at += bytes.length;
        if (bytes.length > 0) yield bytes;
        // Otherwise to the end of the response, so that its connection is used again.
        if (bytes.length < chunk.length) break;
      }
      if (at < stop) throw new Truncated();
    } catch (error) {
      if (error instanceof ObjectChanged) throw error;
      if (at > began) attempt = 1;
      await beforeNext(settings, attempt, driver.fault(error, place));
    }
  }
}

/** Restarts a reader when the object was replaced during the read. */
export async function untilStable<T>(tries: number, place: Place, read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ObjectChanged)) throw error;
    }
  }
  throw new ParquetryError('STORAGE_UNREACHABLE', `${place.uri} changes faster than it can be read.`);
}

/** Concatenates chunks. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all.length === 1 && all[0] !== undefined ? all[0] : Buffer.concat(all);
}

class Truncated extends Error {
  readonly code = 'ECONNRESET';
}

async function* withinTime(
  source: AsyncIterable<Uint8Array>,
  milliseconds: number,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new NoAnswer(milliseconds)), milliseconds);
      });
      const next = await Promise.race([iterator.next(), late]).finally(() => clearTimeout(timer));
      if (next.done === true) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } finally {
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
