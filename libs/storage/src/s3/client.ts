import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { RemoteSettings } from '../settings';

const load = () => import('@aws-sdk/client-s3');

/** The SDK, loaded by the first request: workers of local archives never load it. */
export interface S3Sdk {
  readonly sdk: Awaited<ReturnType<typeof load>>;
  readonly client: S3Client;
  /** The server name in the latest response. */
  server(): string | undefined;
}

const silent = (): void => undefined;
const SILENT = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };
const clients = new Map<string, Promise<S3Sdk>>();
/** The server name in the latest response, by client; a new client does not forget it. */
const servers = new Map<string, string>();

/** One client, and so one connection pool, for all stores with the same settings. */
export function s3Client(settings: RemoteSettings): Promise<S3Sdk> {
  const id = clientId(settings);
  const known = clients.get(id);
  if (known !== undefined) return known;
  const made = connect(settings);
  clients.set(id, made);
  made.catch(() => clients.delete(id));
  return made;
}

/**
 * The next request makes a new client, which reads the credentials again: the SDK keeps those of a file permanently, also
 * after they have expired and the file was renewed.
 */
export function forgetS3Client(settings: RemoteSettings): void {
  clients.delete(clientId(settings));
}

function clientId({ endpoint, region, pathStyle, anonymous }: RemoteSettings): string {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID } = process.env;
  return JSON.stringify([endpoint, region, pathStyle, anonymous, AWS_PROFILE, AWS_ACCESS_KEY_ID]);
}

async function connect(settings: RemoteSettings): Promise<S3Sdk> {
  // The SDK warns about future Node versions; Parquetry's own requirement is in the engines of package.json.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sdk = await load();
  const client = new sdk.S3Client(clientConfig(settings));
  const id = clientId(settings);
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      if (headers?.['server'] !== undefined) servers.set(id, headers['server']);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'parquetryServerName' },
  );
  return { sdk, client, server: () => servers.get(id) };
}

/**
 * We retry ourselves, since only we know which failures leave the outcome of a write unknown. We also compute
 * checksums: the SDK's default sends trailers that older servers refuse.
 */
function clientConfig(settings: RemoteSettings): S3ClientConfig & { ignoreCache: boolean } {
  const { endpoint, region, pathStyle, anonymous } = settings;
  const own = endpoint !== undefined;
  const fixed = region ?? (own || anonymous ? 'us-east-1' : undefined);
  return {
    maxAttempts: 1,
    // For the SDK's readers of credentials: without it they read a credentials file once per process.
    ignoreCache: true,
    // Without a logger the SDK writes to the console, possibly including secrets.
    logger: SILENT,
    forcePathStyle: pathStyle,
    followRegionRedirects: !own,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 10_000,
      httpsAgent: { maxSockets: 64 },
      httpAgent: { maxSockets: 64 },
    },
    ...(own ? { endpoint } : {}),
    ...(fixed === undefined ? {} : { region: fixed }),
    ...(anonymous
      ? {
          credentials: { accessKeyId: '', secretAccessKey: '' },
          signer: { sign: (request) => Promise.resolve(request) },
        }
      : {}),
  };
}
