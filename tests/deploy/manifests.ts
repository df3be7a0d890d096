import { type Document, parseAllDocuments } from 'yaml';

/** A Kubernetes manifest, loosely typed: the schemas check its form. */
export interface Manifest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
  readonly spec: Record<string, unknown>;
}

interface Container {
  readonly args: readonly string[];
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}

/** The manifests of a file with several documents. */
export function manifestsOf(text: string): Manifest[] {
  return [...parseAllDocuments(text)]
    .map((document: Document) => {
      expect(document.errors).toEqual([]);
      return document.toJSON() as Manifest | null;
    })
    .filter((manifest) => manifest !== null);
}

/** Checks what every rendering of the chart must have, whatever its values. */
export function checkWorkers(manifests: readonly Manifest[]): void {
  const one = (kind: string): Manifest => {
    const found = manifests.filter((manifest) => manifest.kind === kind);
    expect({ kind, count: found.length }).toEqual({ kind, count: 1 });
    return found[0] as Manifest;
  };
  const { template, selector } = one('StatefulSet').spec as {
    template: { metadata: { labels: object }; spec: Record<string, unknown> & { containers: Container[] } };
    selector: { matchLabels: object };
  };
  const pod = template.spec;
  const [container] = pod.containers;
  if (container === undefined) throw new Error('no container');
  const option = (name: string): string =>
    container.args.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? '';

  // The time to stop is longer than two drains; the limit of memory is more than what a worker may use.
  expect(pod['terminationGracePeriodSeconds']).toBeGreaterThanOrEqual(
    2 * Number.parseInt(option('drain'), 10) + 45,
  );
  const memory = Number.parseInt(option('memory'), 10);
  expect(option('memory')).toMatch(/^\d+MiB$/);
  expect(container.resources.limits.memory).toMatch(/^\d+Mi$/);
  expect(Number.parseInt(container.resources.limits.memory, 10) - memory).toBeGreaterThanOrEqual(400);

  expect(pod['securityContext']).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 10_001,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(
    expect.arrayContaining(['/var/lib/parquetry', '/tmp']),
  );

  // The probes ask the address that the worker serves.
  const health = container.ports.find(({ name }) => name === 'health')?.containerPort;
  expect(option('health')).toBe(`0.0.0.0:${health}`);
  expect(container.livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'health' });
  expect(container.startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'health' });
  expect(container.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'health' });

  // Everything that selects workers selects these.
  for (const kind of ['PodDisruptionBudget', 'Service']) {
    const { spec } = one(kind);
    const labels = (spec['selector'] as { matchLabels?: object }).matchLabels ?? spec['selector'];
    expect({ kind, labels }).toEqual({ kind, labels: selector.matchLabels });
  }
  expect(template.metadata.labels).toMatchObject(selector.matchLabels);
}
