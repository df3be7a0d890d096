import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

/** A package of the workspace, as npm knows it. */
interface Package {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The tasks of a run that Nx plans, by `PACKAGE:TARGET`. */
interface Plan {
  readonly tasks: {
    readonly tasks: Readonly<
      Record<string, { readonly cache?: boolean; readonly outputs: readonly string[] }>
    >;
    readonly dependencies: Readonly<Record<string, readonly string[]>>;
  };
  readonly graph: {
    readonly nodes: Readonly<
      Record<
        string,
        {
          readonly data: {
            readonly root: string;
            readonly targets: Readonly<Record<string, { readonly options?: { readonly command?: string } }>>;
          };
        }
      >
    >;
  };
}

describe('the targets of Nx', () => {
  const packages = ['apps', 'libs'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder)).map(
      (name) => JSON.parse(readFileSync(path.join(ROOT, folder, name, 'package.json'), 'utf8')) as Package,
    ),
  );
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-targets-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  it('build, typecheck, lint and test every package, cached, after what it needs', () => {
    const file = path.join(dir, 'graph.json');
    const nx = path.join(ROOT, 'node_modules/nx/dist/bin/nx.js');
    const args = ['run-many', '-t', 'build', 'typecheck', 'lint', 'test', `--graph=${file}`];
    const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true' };
    const { status, stderr } = spawnSync(process.execPath, [nx, ...args], {
      cwd: ROOT,
      env,
      encoding: 'utf8',
    });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const { tasks, graph } = JSON.parse(readFileSync(file, 'utf8')) as Plan;
    for (const { name, dependencies = {} } of packages) {
      const { root, targets } = graph.nodes[name]?.data ?? { root: '', targets: {} };
      for (const target of ['build', 'typecheck', 'lint', 'test']) {
        expect({ name, target, cache: tasks.tasks[`${name}:${target}`]?.cache }).toMatchObject({
          cache: true,
        });
        for (const script of (targets[target]?.options?.command ?? '').match(/tools\/\S+\.mjs/g) ?? [])
          expect({ script, there: existsSync(path.join(ROOT, script)) }).toEqual({ script, there: true });
      }
      expect(tasks.tasks[`${name}:build`]?.outputs).toEqual([`${root}/dist`]);
      const needed = Object.keys(dependencies).filter((each) => packages.some((own) => own.name === each));
      expect([...(tasks.dependencies[`${name}:build`] ?? [])].sort()).toEqual(
        needed.map((each) => `${each}:build`).sort(),
      );
      expect(tasks.dependencies[`${name}:test`]).toEqual([`${name}:build`]);
    }
  }, 60_000);
});
