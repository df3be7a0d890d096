import type { RemoteSettings } from '../settings';

const load = () => import('@google-cloud/storage');
type Storage = InstanceType<Awaited<ReturnType<typeof load>>['Storage']>;

/** A bucket of the SDK. */
export type GcsBucket = ReturnType<Storage['bucket']>;

const GOOGLE = 'https://storage.googleapis.com';
const clients = new Map<string, Promise<Storage>>();

/** The bucket's client. The SDK is loaded by the first request; stores with the same settings share a client. */
export async function gcsBucket(bucket: string, settings: RemoteSettings): Promise<GcsBucket> {
  const id = clientId(settings);
  const known = clients.get(id) ?? connect(settings);
  clients.set(id, known);
  known.catch(() => clients.delete(id));
  return (await known).bucket(bucket);
}

/** The next request makes a new client, which reads the credentials again: the SDK reads their file once. */
export function forgetGcsClient(settings: RemoteSettings): void {
  clients.delete(clientId(settings));
}

function clientId({ endpoint, anonymous }: RemoteSettings): string {
  return JSON.stringify([endpoint, anonymous, process.env['GOOGLE_APPLICATION_CREDENTIALS']]);
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
    // Requests for objects do not name a project. Without one the SDK runs gcloud and asks the metadata server, 1.6 s.
    projectId: 'none',
    // With the slash the SDK treats it as a custom endpoint and sends no credentials.
    ...(open ? { apiEndpoint: endpoint ?? `${GOOGLE}/`, useAuthWithCustomEndpoint: false } : {}),
  });
  // With STORAGE_EMULATOR_HOST set, the SDK omits the API path.
  storage.baseUrl = `${open ? (endpoint ?? GOOGLE) : storage.apiEndpoint}/storage/v1`;
  return storage;
}
