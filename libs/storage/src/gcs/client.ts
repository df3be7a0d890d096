import type { RemoteSettings } from '../settings';

const load = () => import('@google-cloud/storage');
type Storage = InstanceType<Awaited<ReturnType<typeof load>>['Storage']>;

/** A bucket of the SDK. */
export type GcsBucket = ReturnType<Storage['bucket']>;

const GOOGLE = 'https://storage.googleapis.com';
const clients = new Map<string, Promise<Storage>>();

/** The bucket's client. The SDK is loaded by the first request; stores with the same settings share a client. */
export async function gcsBucket(bucket: string, settings: RemoteSettings): Promise<GcsBucket> {
  const { endpoint, anonymous } = settings;
  const id = JSON.stringify([endpoint, anonymous, process.env['GOOGLE_APPLICATION_CREDENTIALS']]);
  const known = clients.get(id) ?? connect(settings);
  clients.set(id, known);
  known.catch(() => clients.delete(id));
  return (await known).bucket(bucket);
}

/**
 * We retry ourselves: the SDK's retries ignore Retry-After and hide which failures leave the outcome of a write
 * unknown.
 */
async function connect({ endpoint, anonymous }: RemoteSettings): Promise<Storage> {
  const { Storage } = await load();
  const open = endpoint !== undefined || anonymous;
  const storage = new Storage({
    retryOptions: { autoRetry: false, maxRetries: 0 },
    // With the slash the SDK treats it as a custom endpoint and sends no credentials.
    ...(open
      ? { apiEndpoint: endpoint ?? `${GOOGLE}/`, projectId: 'none', useAuthWithCustomEndpoint: false }
      : {}),
  });
  // With STORAGE_EMULATOR_HOST set, the SDK omits the API path.
  storage.baseUrl = `${open ? (endpoint ?? GOOGLE) : storage.apiEndpoint}/storage/v1`;
  return storage;
}
