import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { VARIABLES } from '../../apps/cli/src/environment';
import { SETTINGS, environmentName } from '../../apps/cli/src/settings';
import { type Manifest, checkWorkers, manifestsOf } from './manifests';
import { WEED, s3, startS3 } from '../support/servers';
import { itWith, tool } from './tools';

const ROOT = path.resolve(__dirname, '../..');
const CHART = path.join(ROOT, 'deploy/helm/parquetry');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

function run(program: string, args: readonly string[], input?: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: ROOT, input });
  expect({ program, args, status, output: status === 0 ? '' : stdout + stderr }).toMatchObject({
    status: 0,
    output: '',
  });
  return stdout;
}

describe('the Dockerfile', () => {
  interface Stage {
    readonly name: string;
    readonly base: string;
    readonly steps: { readonly instruction: string; readonly value: string }[];
  }
  const script = `import { readFileSync } from 'node:fs';
    import { parseDockerfile } from './tools/chroot/dockerfile.mjs';
    console.log(JSON.stringify(parseDockerfile(readFileSync('Dockerfile', 'utf8'))));`;
  const stages = JSON.parse(run(process.execPath, ['--input-type=module', '-e', script])) as Stage[];
  const values = (stage: string, instruction: string): string[] =>
    stages
      .filter(({ name }) => name === stage)
      .flatMap(({ steps }) =>
        steps.filter((step) => step.instruction === instruction).map(({ value }) => value),
      );

  it('has the images of the command line and of a worker, from one pinned base', () => {
    expect(stages.map(({ name, base }) => [name, base])).toEqual([
      ['build', expect.stringMatching(/^node:20\.\d+\.\d+-bookworm-slim$/)],
      ['cli', stages[0]?.base],
      ['worker', 'cli'],
    ]);
  });

  it('installs what the lock file has, without scripts', () => {
    expect(values('build', 'RUN').join('\n')).toContain('npm ci --ignore-scripts');
    expect(values('cli', 'RUN').join('\n')).toMatch(/npm ci --prefix \S+ --omit=dev --ignore-scripts/);
  });

  it('does not run as root, gets signals, and has a health check of the worker without a shell', () => {
    expect(values('cli', 'USER')).toEqual(['10001:10001']);
    expect(values('worker', 'USER')).toEqual([]);
    expect(JSON.parse(values('cli', 'ENTRYPOINT')[0] ?? '')).toEqual(['tini', '--', 'parquetry']);
    expect(JSON.parse(values('worker', 'CMD')[0] ?? '')).toEqual(['worker']);
    const [health = ''] = values('worker', 'HEALTHCHECK');
    const [, command = '[]'] = / CMD (\[.*\])$/.exec(health) ?? [];
    expect((JSON.parse(command) as string[])[0]).toBe('node');
    expect(health).toContain('127.0.0.1:9465/healthz');
    expect(values('worker', 'ENV').join()).toContain('PARQUETRY_HEALTH=0.0.0.0:9465');
  });

  it('sets only variables that are known', () => {
    const known = [
      ...SETTINGS.map(({ name }) => environmentName(name)),
      ...VARIABLES.map(({ name }) => name),
    ];
    const set = ['cli', 'worker'].flatMap((stage) =>
      values(stage, 'ENV').flatMap((text) => text.match(/PARQUETRY_\w+(?==)/g) ?? []),
    );
    expect(set.length).toBeGreaterThan(3);
    expect(set.filter((name) => !known.includes(name))).toEqual([]);
  });

  itWith(['hadolint'], 'passes hadolint', () => {
    run(tool('hadolint'), ['Dockerfile']);
  });
});

describe('the compose file', () => {
  interface Service {
    readonly image: string;
    readonly hostname?: string;
    readonly command?: readonly string[];
    readonly volumes?: readonly string[];
    readonly read_only?: boolean;
    readonly mem_limit?: string;
    readonly stop_grace_period?: string;
    readonly environment?: Readonly<Record<string, string>>;
  }
  const file = parse(read('deploy/compose.yaml'), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, null>;
  };
  const workers = Object.entries(file.services).filter(([name]) => name.startsWith('worker-'));

  it('has two workers with their own stages and fixed names, hardened, with time to drain and enough memory', () => {
    expect(workers).toHaveLength(2);
    for (const [
      name,
      { hostname, command = [], read_only, mem_limit = '', stop_grace_period = '' },
    ] of workers) {
      expect([name, hostname, read_only]).toEqual([name, name, true]);
      const after = (option: string): string => command[command.indexOf(option) + 1] ?? '';
      expect(after('--memory')).toBe('1GiB');
      expect(Number.parseInt(mem_limit, 10)).toBeGreaterThanOrEqual(1024 + 400);
      const minutes = (text: string): number => Number(/^(\d+)m$/.exec(text)?.[1]);
      expect(minutes(stop_grace_period)).toBeGreaterThanOrEqual(2 * minutes(after('--drain')) + 1);
    }
    const stages = workers.map(([, { volumes = [] }]) => volumes[0]);
    expect(new Set(stages).size).toBe(2);
  });

  it('pins its images and mounts only volumes that it declares', () => {
    for (const { image } of Object.values(file.services))
      if (!image.startsWith('parquetry')) expect(image).toMatch(/:\d+\.\d+/);
    const mounted = Object.values(file.services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(':')[0] ?? '').filter((source) => !source.startsWith('.')),
    );
    expect([...new Set(mounted)].sort()).toEqual(Object.keys(file.volumes).sort());
  });

  it('gives the S3 server the keys that the workers use', () => {
    const { identities } = JSON.parse(read('deploy/seaweedfs/s3.json')) as {
      identities: { credentials: { accessKey: string; secretKey: string }[] }[];
    };
    const { environment } = file.services['worker-1'] ?? {};
    expect(identities[0]?.credentials).toEqual([
      { accessKey: environment?.['AWS_ACCESS_KEY_ID'], secretKey: environment?.['AWS_SECRET_ACCESS_KEY'] },
    ]);
  });

  (WEED === undefined ? it.skip : it)(
    'makes the bucket of the S3 server, and finds it when it is there [needs weed]',
    async () => {
      const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-compose-'));
      const server = await startS3();
      try {
        symlinkSync(WEED ?? '', path.join(dir, 'weed'));
        const script = (file.services['buckets']?.command?.[0] ?? '')
          .replaceAll('s3:9333', server.master)
          .replaceAll('/tmp/', `${dir}/`);
        expect(script).toContain(server.master);
        const env = { ...process.env, PATH: `${dir}:${process.env['PATH']}` };
        for (const made of [true, false]) {
          const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { env, encoding: 'utf8' });
          expect({ status, stderr }).toMatchObject({ status: 0 });
          expect(stdout.includes('create bucket')).toBe(made);
        }
        const { Buckets = [] } = await s3(server.endpoint).send(new ListBucketsCommand({}));
        expect(Buckets.map(({ Name }) => Name)).toContain('archive');
      } finally {
        await server.stop();
        rmSync(dir, { recursive: true });
      }
    },
    60_000,
  );

  itWith(['compose'], 'is valid by the schema of the Compose specification', () => {
    const { $schema, id, ...schema } = JSON.parse(readFileSync(tool('compose'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect([typeof $schema, typeof id]).toEqual(['string', 'string']);
    const ajv = new Ajv({ allErrors: true, unknownFormats: 'ignore' });
    const valid = ajv.compile(schema);
    expect({ valid: valid(file), errors: valid.errors }).toEqual({ valid: true, errors: null });
    const broken = valid({ ...file, services: { x: { image: 'x', memory: 5 } } });
    expect(broken).toBe(false);
  });
});

describe('the workers on Kubernetes', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-deploy-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const RENDERED = 'deploy/kubernetes/workers.yaml';
  const HEADER =
    '# Made by `helm template parquetry deploy/helm/parquetry`; a test compares it. Edit the chart.\n';
  const render = (...args: readonly string[]): string =>
    run(tool('helm'), ['template', 'parquetry', CHART, '--kube-version', '1.33.0', ...args]);

  /** Values of different set-ups, and the kinds that they add. */
  const SETUPS: readonly (readonly [name: string, args: readonly string[], kinds: readonly string[]])[] = [
    ['the defaults', [], []],
    [
      'KEDA, metrics and Temporal Cloud',
      [
        ...['--values', path.join(CHART, 'values-temporal-cloud.yaml')],
        ...[
          '--set',
          'autoscaling.kind=keda,metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true',
        ],
        ...['--set', 'versioning.deployment=archive,versioning.buildId=0.1.0-1a2b3c4'],
      ],
      ['ScaledObject', 'TriggerAuthentication', 'ServiceMonitor', 'PrometheusRule'],
    ],
    [
      'HPA, mTLS, credentials, no volume',
      [
        '--set',
        'autoscaling.kind=hpa,temporal.tlsSecret=tls,temporal.tlsCa=true,stage.persistent=false,envFromSecrets={s3},config.archive=s3://a/b,env.AWS_REGION=x,worker.drainSeconds=900,worker.memoryMiB=8192',
      ],
      ['HorizontalPodAutoscaler'],
    ],
  ];

  it('as one file have probes, limits, time to drain and no rights', () => {
    const manifests = manifestsOf(read(RENDERED));
    checkWorkers(manifests);
    expect(manifests.map(({ kind }) => kind).sort()).toEqual([
      'ConfigMap',
      'ConfigMap',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
      'StatefulSet',
    ]);
  });

  it('let nothing but Prometheus reach the ports of the image, by their policy', () => {
    const policy = manifestsOf(read(RENDERED)).find(({ kind }) => kind === 'NetworkPolicy');
    expect(policy?.spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    const prometheus = { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } };
    expect(policy?.spec['ingress']).toEqual([
      { from: [{ namespaceSelector: prometheus }], ports: [{ protocol: 'TCP', port: 'metrics' }] },
    ]);
  });

  it('have a chart whose files are YAML, of the version of the package, with options that the worker has', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(parse(read('deploy/helm/parquetry/Chart.yaml'))).toMatchObject({ version, appVersion: version });
    expect(parse(read('deploy/helm/parquetry/values.yaml'))).toMatchObject({ replicas: 2 });
    expect(parse(read('deploy/helm/parquetry/values-temporal-cloud.yaml'))).toHaveProperty(
      'temporal.tls',
      true,
    );
    const options = read('deploy/helm/parquetry/templates/statefulset.yaml').matchAll(/- --([a-z-]+)=/g);
    const names = [...options].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !SETTINGS.some((setting) => setting.name === name))).toEqual([]);
    expect(readdirSync(path.join(CHART, 'templates')).length).toBeGreaterThan(8);
  });

  itWith(['helm'], 'have a chart that passes helm lint and renders the file', () => {
    run(tool('helm'), ['lint', CHART, '--strict']);
    const rendered = HEADER + render();
    if (process.env['PARQUETRY_WRITE_DOCS'] !== undefined) writeFileSync(path.join(ROOT, RENDERED), rendered);
    expect(read(RENDERED)).toBe(rendered);
    const refused = spawnSync(
      tool('helm'),
      ['template', CHART, '--kube-version', '1.33.0', '--set', 'autoscaling.kind=magic'],
      {
        encoding: 'utf8',
      },
    );
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('none, keda or hpa')]);
  });

  for (const [name, args, kinds] of SETUPS)
    itWith(['helm', 'kubeconform', 'kubernetes', 'keda', 'prometheus'], `are valid with ${name}`, () => {
      const rendered = render(...args);
      const manifests = manifestsOf(rendered);
      checkWorkers(manifests);
      expect(manifests.map(({ kind }) => kind)).toEqual(expect.arrayContaining([...kinds]));
      const schemas = path.join(dir, 'schema');
      writeCustomSchemas(schemas);
      writeSchemas(schemas, manifests);
      const flags = ['-strict', '-summary', '-output', 'json', '-schema-location'];
      const location = `${schemas}-{{.ResourceKind}}-{{.ResourceAPIVersion}}.json`;
      const report = run(tool('kubeconform'), [...flags, location], rendered);
      expect(JSON.parse(report)).toMatchObject({
        summary: { valid: manifests.length, invalid: 0, errors: 0, skipped: 0 },
      });
      // The schemas are strict: an unknown field is found.
      const broken = rendered.replace('podManagementPolicy:', 'podManagementPolice:');
      const { status } = spawnSync(tool('kubeconform'), [...flags, location], { input: broken });
      expect(status).toBe(1);
    });

  /** Schemas of Kubernetes' own resources, each with the definitions that it refers to. */
  function writeSchemas(prefix: string, manifests: readonly Manifest[]): void {
    const folder = tool('kubernetes');
    const { $defs } = JSON.parse(readFileSync(path.join(folder, '_definitions.json'), 'utf8')) as {
      $defs: object;
    };
    for (const { kind, apiVersion } of manifests) {
      const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
      const name = [kind.toLowerCase(), group.split('.')[0], version].filter((part) => part !== '').join('-');
      const file = path.join(folder, `${name}.json`);
      if (!existsSync(file)) continue;
      const text = readFileSync(file, 'utf8').replaceAll('/api/_definitions.json#', '#');
      writeFileSync(
        `${prefix}-${kind.toLowerCase()}-${version}.json`,
        JSON.stringify({ ...(JSON.parse(text) as object), $defs }),
      );
    }
  }

  /** Schemas from the definitions of KEDA's and Prometheus' resources. */
  function writeCustomSchemas(prefix: string): void {
    for (const file of [
      `${tool('keda')}/keda.sh_scaledobjects.yaml`,
      `${tool('keda')}/keda.sh_triggerauthentications.yaml`,
      `${tool('prometheus')}/monitoring.coreos.com_servicemonitors.yaml`,
      `${tool('prometheus')}/monitoring.coreos.com_prometheusrules.yaml`,
    ]) {
      const { spec } = parse(readFileSync(file, 'utf8')) as {
        spec: { names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: object } }[] };
      };
      for (const { name, schema } of spec.versions)
        writeFileSync(
          `${prefix}-${spec.names.kind.toLowerCase()}-${name}.json`,
          JSON.stringify(schema.openAPIV3Schema),
        );
    }
  }
});

it('deploy/README.md names existing files and settings', () => {
  const page = read('deploy/README.md');
  for (const [, link = ''] of page.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
    expect(() => readFileSync(path.join(ROOT, 'deploy', link))).not.toThrow('ENOENT');
  const known = SETTINGS.map(({ name }) => name);
  const values = parse(read('deploy/helm/parquetry/values.yaml')) as Record<string, Record<string, unknown>>;
  for (const [, group = '', key = ''] of page.matchAll(
    /`(worker|autoscaling|networkPolicy|serviceAccount|versioning)\.(\w+)/g,
  ))
    expect(Object.keys(values[group] ?? {})).toContain(key);
  for (const [, option = ''] of page.matchAll(/`--(memory|drain|health|metrics)`/g))
    expect(known).toContain(option);
});
