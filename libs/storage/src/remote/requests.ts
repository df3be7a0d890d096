import type { RemoteSettings } from '../settings';
import type { Driver } from './driver';
import { type Operation, observed } from '@parquetry/system';
import type { Fault, Place } from './fault';
import { limited, retrying } from './retry';

const BYTES_PER_TIMEOUT = 4 << 20;

/** Sends a store's requests, each with a time limit and retries. */
export class Requests {
  private bucketSeen = false;
  /** The server lists folder by folder, as the first listing has shown. */
  walks = false;

  constructor(
    readonly driver: Driver,
    readonly settings: RemoteSettings,
  ) {}

  /** One request with retries. Its `bytes` extend its time limit. */
  send<T>(
    place: Place,
    request: (signal: AbortSignal) => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined; readonly bytes?: number } = {},
  ): Promise<T> {
    const once = (): Promise<T> => this.once(request, options);
    return retrying(this.settings, once, (error) => this.faultOf(error, place), options.signal);
  }

  /** Classifies a failed request, and records one that is sent again as an operation of its own. */
  private faultOf(error: unknown, place: Place): Fault {
    const fault = this.driver.fault(error, place);
    if (fault.again) void observed(retryOf(place), () => Promise.reject(fault.error)).catch(() => undefined);
    return fault;
  }

  /** One request without retries. Throws the driver's errors. */
  once<T>(
    request: (signal: AbortSignal) => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined; readonly bytes?: number } = {},
  ): Promise<T> {
    const limit = this.settings.timeoutMs * (1 + (options.bytes ?? 0) / BYTES_PER_TIMEOUT);
    return limited(limit, options.signal, request);
  }

  /** A missing object may mean a missing bucket, which HEAD can't report. Checked once, at the first miss. */
  async assertBucket(name: string, place: Place): Promise<void> {
    if (this.bucketSeen) return;
    await this.send(place, (signal) => this.driver.assertBucket(name, signal));
    this.bucketSeen = true;
  }
}

function retryOf({ action, uri }: Place): Operation {
  return { kind: 'storage', name: 'retry', facts: { store: uri.startsWith('s3:') ? 's3' : 'gs', action } };
}
