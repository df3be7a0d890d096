import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isParquetryError, withoutSecrets } from '@parquetry/core';
import { loadTemporalConfig } from '@parquetry/temporal';
import { stringify } from 'yaml';
import { Output } from '../../../apps/cli/src/output';
import { createProgram } from '../../../apps/cli/src/program';
import { headersFor } from '../../../libs/source/src/http/headers';
import { remoteSettings } from '../../../libs/storage/src/settings';
import { hostile, mutateBytes, mutateJson, mutateJsonText } from '../mutate';
import type { Random } from '../random';
import { type OpenTarget, type Target, demand } from '../target';

const SETTINGS = {
  source: 'galexie:./lake',
  archive: './archive',
  ledgers: '426000-426100',
  types: ['ledgers', 'transactions'],
  partition_size: 1000,
  layout: 'ledger_day',
  compression: 'zstd',
  'compression-level': 3,
  buffer_size: 1_000_000,
  memory: '2GB',
  concurrency: 4,
  max_age: '10m',
  keep_replaced: false,
  close_time: ['trade=meta.time'],
};
const PIPELINE = {
  pipelines: {
    Main: {
      source: { type: 'S3BufferedStorageSourceAdapter', config: { bucket: 'b' } },
      processors: [{ type: 'ContractData' }],
      consumers: [
        {
          type: 'SaveToParquet',
          config: { storage_type: 'FS', local_path: './archive', buffer_size: 10_000, compression: 'snappy' },
        },
        { type: 'Log' },
      ],
    },
  },
};
const TOML =
  '[profile.default]\naddress = "localhost:7233"\nnamespace = "default"\napi_key = "k"\n[profile.default.tls]\ndisabled = false\nserver_name = "x"\n[profile.default.grpc_meta]\na-b = "c"\n';
const HEADERS =
  '{"https://rpc.example":{"Authorization":"Bearer abcdefgh12345678"},"http://127.0.0.1:8000":{"x-key":"k"}}';
const STORAGE = [
  'AWS_ENDPOINT_URL_S3',
  'STORAGE_EMULATOR_HOST',
  ...['PATH_STYLE', 'ANONYMOUS', 'CHECKSUM', 'LISTING', 'PARTS'].map((name) => `PARQUETRY_S3_${name}`),
  ...['PART_BYTES', 'PARTS', 'ATTEMPTS', 'TIMEOUT'].map((name) => `PARQUETRY_STORAGE_${name}`),
];
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  'true',
  'TRUE',
  'yes',
  '1e9',
  '999999999999999',
  '9'.repeat(300),
  '0x10',
  'http://h',
  'http://u:p@h',
  'ftp://h',
  'http://h?q',
  'h:1',
  '::',
  ' 5 ',
  '5242880',
  'auto',
  '\ud800',
];
/** Text that YAML readers have trouble with. */
const YAML = [
  'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n',
  'layout: &x\n  y: *x\n',
  '<<: {layout: hour}\n',
  '? [a, b]\n: 1\n',
  '? {layout: hour}\n: 1\n',
  'layout: !!js/function "x"\n',
  'layout: !!binary aGk=\n',
  'layout: !!set {a, b}\n',
  'layout: hour\nlayout: hour\n',
  'layout: hour\n---\nlayout: hour\n',
  '%YAML 9.9\n---\nlayout: hour\n',
  'concurrency: 0x10\n',
  'concurrency: 1_0\n',
  'concurrency: .inf\n',
  'concurrency: 99999999999999999999999999\n',
  'concurrency: 2025-07-13\n',
  'null: 1\n',
  '~: 1\n',
  '__proto__: {layout: hour}\n',
  'constructor: 1\n',
  '\ufefflayout: hour\n',
  'layout:\thour\n',
  '[',
  '{',
  '"',
  '- a\n',
  'just text',
  '',
  '[[[['.repeat(3000),
  'pipelines: []\n',
  'pipelines: {a: {consumers: [{type: SaveToParquet, config: []}]}}\n',
  'consumers: {type: SaveToParquet}\n',
];

/**
 * Configuration: the YAML file of settings (flat and in the reference program's form), the TOML file of Temporal
 * profiles, HTTP headers in JSON, and the variables of stores. Values of valid ones are replaced and damaged, as text and
 * as structures; known traps of YAML (alias bombs, merge keys, tags, duplicate keys) are among them.
 *
 * Oracle: `config check` ends with 0 and no fault or with 2 and coded faults of exit code 2, and never changes the
 * prototype of objects; the others return valid settings or CONFIG_INVALID. No error quotes a header or a password.
 */
export const configuration: Target = {
  name: 'configuration',
  ci: 250,
  open: (dir) => {
    const file = path.join(dir, 'parquetry.yaml');
    return Promise.resolve({
      run: async (random) => {
        try {
          return await random.pick([yaml, yaml, yaml, toml, headers, storage])(random, file);
        } finally {
          demand(!('polluted' in {}), () => 'the prototype of objects has changed');
        }
      },
    } satisfies OpenTarget);
  },
};

class Quiet extends Output {
  found: unknown;
  constructor() {
    super(true);
  }
  override note(): void {
    // Not shown.
  }
  override document(value: unknown): void {
    this.found = value;
  }
}

function yamlText(random: Random): Buffer {
  if (random.chance(5))
    return mutateBytes(random, Buffer.from(random.pick(YAML) + random.pick(['', stringify(SETTINGS)])));
  if (random.chance(8)) return Buffer.from(random.pick(YAML));
  const valid: unknown = random.chance(3) ? PIPELINE : SETTINGS;
  if (random.chance(3)) return mutateBytes(random, Buffer.from(stringify(valid)));
  const changed = mutateJson(random, valid);
  return Buffer.from(random.chance(3) ? (JSON.stringify(changed) ?? '') : stringify(changed));
}

async function yaml(random: Random, file: string): Promise<string | undefined> {
  await writeFile(file, yamlText(random));
  const args = ['config', 'check', '--config', file, '--json'];
  const output = new Quiet();
  let code: number | undefined;
  try {
    await createProgram(output, (exit) => (code = exit), args).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (isParquetryError(error))
      demand(error.exitCode === 2, () => `exit code ${error.exitCode}: ${error.message}`);
    throw error;
  }
  const { faults } = output.found as {
    faults: readonly { code: string; message: string; exitCode: number }[];
  };
  demand(code === (faults.length === 0 ? 0 : 2), () => `exit code ${code} with ${faults.length} faults`);
  for (const fault of faults) {
    demand(fault.exitCode === 2 && fault.code !== 'INTERNAL', () => `${fault.code}: ${fault.message}`);
    demand(fault.message.length < 20_000, () => `a message of ${fault.message.length} characters`);
  }
  return faults[0]?.code;
}

async function toml(random: Random, file: string): Promise<undefined> {
  await writeFile(file, random.chance(20) ? TOML : mutateBytes(random, Buffer.from(TOML), 5));
  const env: Record<string, string> = { TEMPORAL_CONFIG_FILE: file };
  if (random.chance(4))
    env['TEMPORAL_PROFILE'] = random.pick(['default', 'x', '', '__proto__', 'constructor']);
  if (random.chance(4)) env['TEMPORAL_TLS'] = random.pick(VALUES);
  if (random.chance(4)) env['TEMPORAL_ADDRESS'] = random.pick(VALUES);
  const { configured, address, namespace } = loadTemporalConfig(env);
  demand(configured === (address !== undefined) && namespace !== '', () => 'no namespace or address');
  return undefined;
}

function headers(random: Random): undefined {
  const text = random.chance(6) ? JSON.stringify(hostile(random)) : mutateJsonText(random, HEADERS);
  try {
    const found = headersFor(new URL('https://rpc.example/x'), text);
    for (const [name, value] of Object.entries(found)) new Headers([[name, value]]);
    demand(typeof withoutSecrets('a text', { PARQUETRY_HTTP_HEADERS: text }) === 'string', () => 'no text');
    return undefined;
  } catch (error) {
    demand(!String((error as Error).message).includes('abcdefgh'), () => 'the error quotes a header');
    throw error;
  }
}

function storage(random: Random): undefined {
  const env = Object.fromEntries(
    STORAGE.filter(() => random.chance(3)).map((name) => [name, random.pick(VALUES)]),
  );
  const { attempts, partBytes, partsInFlight, timeoutMs, endpoint } = remoteSettings(
    random.pick(['s3', 'gs']),
    'b',
    {},
    env,
  );
  for (const value of [attempts, partBytes, partsInFlight, timeoutMs])
    demand(Number.isSafeInteger(value) && value > 0, () => `a setting of ${value}`);
  if (endpoint !== undefined) demand(new URL(endpoint).password === '', () => 'a password in the endpoint');
  return undefined;
}
