import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A secret of the test, found by its text wherever it is written. */
const secret = (name: string): string => `${name}0${randomBytes(12).toString('hex')}`;

/** The planted secrets by kind. */
export const PLANTED = {
  'password in a source address': secret('Pw'),
  'token in the query of a source address': secret('Query'),
  'key in the path of an RPC address': secret('Path'),
  'password in an archive address of a configuration file': secret('Config'),
  'HTTP header': secret('Header'),
  'HTTP path of the environment': secret('Url'),
  'AWS access key': `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
  'AWS secret key': secret('Aws'),
  'AWS session token': secret('Session'),
  'Temporal API key': secret('Temporal'),
  'Temporal API key in a file': secret('File'),
  'token of the live page': secret('Ui'),
  'key of the payload codec': randomBytes(32).toString('base64'),
  'key of the payload codec in a file': randomBytes(32).toString('base64'),
  'key of a bucket': randomBytes(32).toString('base64'),
  'key of signatures': randomBytes(48).toString('base64'),
  'gRPC metadata for Temporal': secret('Meta'),
  'gRPC metadata of a Temporal profile': secret('Profile'),
  'header of the receiver of traces': secret('Otlp'),
  'token of an Iceberg catalog': secret('Iceberg'),
  'private key of Google Cloud': '',
};
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
// A line of it: the file has the key with quoted line ends.
PLANTED['private key of Google Cloud'] = privateKey.split('\n')[3] ?? '';

/** The places that are searched for them, and what one of their names looks like in `worker.test.ts`. */
export const PLACES: Readonly<Record<string, RegExp>> = {
  'workflow histories, search attributes and memos': /^history of foreign-0/,
  'log of a worker as JSON lines, with its output': /^worker$/,
  'debug log of a worker': /^file debug\.log$/,
  'output of commands': /^output of \d+ backfill/,
  'output of commands with `--json`': /^output of .*--json/,
  'arguments of all processes (`ps`)': /^file ps\.txt$/,
  'events and answers of the live page': /\/events$/,
  'metrics page': /\/metrics$/,
  'traces, as their receiver gets them': /^traces$/,
  report: /^file page\.html$/,
  'Parquet files and Iceberg tables': /archives\/a.*\.parquet$/,
  'commit log of the archive': /_delta_log/,
  'segments, schemas and plans of the archive': /_parquetry\/segments/,
  'work folder of the worker': /^file \.parquetry\//,
};

/** A server that answers its processor, and otherwise echoes whatever it receives as an error. */
export interface EchoServer {
  readonly url: string;
  /** Requests with what they carried. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** Starts one. `/trades` below `start` is a processor; every other path fails and echoes the request and `secrets`. */
export async function startEcho(start: string, secrets: readonly string[]): Promise<EchoServer> {
  const seen: string[] = [];
  const server: Server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const carried = [request.url, request.headers, body];
      seen.push(JSON.stringify(carried));
      const echo = JSON.stringify([...carried, secrets]);
      const url = new URL(request.url ?? '', 'http://host');
      if (url.pathname === `${start}/trades`)
        return response.end(
          messages(Number(url.searchParams.get('start')), Number(url.searchParams.get('end'))),
        );
      return response.writeHead(403, { 'content-type': 'application/json' }).end(echo);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** Messages of a range as NDJSON. */
export function messages(start: number, end: number): string {
  let text = '';
  for (let ledger = start; ledger <= end; ledger++)
    text += `{"message_type":"trade","ledger_sequence":${ledger},"closed_at":"2025-07-13T00:00:00Z","price":"1.5"}\n`;
  return text;
}

/** Writes credentials of a Google Cloud service account. */
export function writeGoogleCredentials(file: string): void {
  writeFileSync(
    file,
    JSON.stringify({
      type: 'service_account',
      project_id: 'p',
      private_key_id: 'id',
      private_key: privateKey,
      client_email: 'a@p.iam.gserviceaccount.com',
      client_id: '1',
    }),
  );
}

/** Writes a Temporal profile with a secret. */
export function writeTemporalProfile(file: string): void {
  const secretText = PLANTED['gRPC metadata of a Temporal profile'];
  writeFileSync(file, `[profile.default.grpc_meta]\nx-profile = "Bearer ${secretText}"\n`);
}

/** Writes the files with keys that a worker may have instead of variables, and returns their part of its environment. */
export function writeKeyFiles(apiKeyFile: string, codecKeysFile: string): Record<string, string> {
  writeFileSync(apiKeyFile, `${PLANTED['Temporal API key in a file']}\n`);
  const keys = [PLANTED['key of the payload codec'], PLANTED['key of the payload codec in a file']];
  writeFileSync(codecKeysFile, keys.map((key, index) => `k${index + 1}:${key}\n`).join(''));
  return {
    PARQUETRY_TEMPORAL_API_KEY_FILE: apiKeyFile,
    TEMPORAL_API_KEY: '',
    PARQUETRY_CODEC_KEYS_FILE: codecKeysFile,
    PARQUETRY_CODEC_KEYS: '',
  };
}

/** How a text contains a secret: as it is, percent-encoded, or within base64; undefined if it does not. */
export function findSecret(text: string, secret: string): string | undefined {
  if (text.includes(secret)) return 'plain';
  if (text.includes(encodeURIComponent(secret))) return 'percent-encoded';
  // Each character of base64 has six bits: the ends depend on the bytes around the secret.
  const inBase64 = [0, 1, 2].some((before) => {
    const encoded = Buffer.from(`${'x'.repeat(before)}${secret}`).toString('base64url');
    const inner = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + secret.length) * 8) / 6));
    return [inner, inner.replaceAll('-', '+').replaceAll('_', '/')].some((each) => text.includes(each));
  });
  return inBase64 ? 'base64' : undefined;
}

/** The environment of a worker with its secrets; they reach only the servers that they are for. */
export function plantedEnvironment(server: string, credentials: string): Record<string, string> {
  return {
    PARQUETRY_HTTP_HEADERS: JSON.stringify({
      [server]: {
        Authorization: `Bearer ${PLANTED['HTTP header']}`,
        ':path': `/v1/${PLANTED['HTTP path of the environment']}`,
      },
    }),
    AWS_ENDPOINT_URL_S3: server,
    STORAGE_EMULATOR_HOST: server,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: PLANTED['AWS access key'],
    AWS_SECRET_ACCESS_KEY: PLANTED['AWS secret key'],
    AWS_SESSION_TOKEN: PLANTED['AWS session token'],
    TEMPORAL_API_KEY: PLANTED['Temporal API key'],
    TEMPORAL_TLS: 'false',
    PARQUETRY_UI_TOKEN: PLANTED['token of the live page'],
    PARQUETRY_CODEC_KEYS: `k1:${PLANTED['key of the payload codec']}`,
    PARQUETRY_S3_SSE_C_KEYS: `lake:${PLANTED['key of a bucket']}`,
    PARQUETRY_SIGNING_KEY: `-----BEGIN PRIVATE KEY-----\n${PLANTED['key of signatures']}\n-----END PRIVATE KEY-----\n`,
    TEMPORAL_GRPC_META_X_API_KEY: PLANTED['gRPC metadata for Temporal'],
    GOOGLE_APPLICATION_CREDENTIALS: credentials,
    ICEBERG_CATALOG_TOKEN: PLANTED['token of an Iceberg catalog'],
    OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Basic%20${PLANTED['header of the receiver of traces']}`,
  };
}
