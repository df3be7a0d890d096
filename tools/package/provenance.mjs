// What came with a package: its list of components (CycloneDX) and where it comes from (an in-toto statement with SLSA's
// provenance). Both are unsigned; docs/releasing.md says how a release signs them.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The libraries that an installation gets, from the package's own manifest and shrinkwrap in `staging`. */
export function sbom(staging) {
  const args = ['sbom', '--package-lock-only', '--omit', 'dev', '--sbom-format', 'cyclonedx'];
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: staging,
    encoding: 'utf8',
    maxBuffer: 64e6,
  });
  if (status !== 0) throw new Error(`npm sbom ended with ${status}:\n${stderr}`);
  const document = JSON.parse(stdout);
  // npm names the component after the folder.
  document.metadata.component.name = JSON.parse(
    readFileSync(path.join(staging, 'package.json'), 'utf8'),
  ).name;
  return document;
}

/** The statement about files: from which commit, lock file and Node they were made. */
export function provenance(root, files) {
  const git = (...args) => {
    const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const commit = process.env.PARQUETRY_COMMIT || git('rev-parse', 'HEAD');
  const changes = git('status', '--porcelain', '--untracked-files=no');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: files.map((file) => ({ name: path.basename(file), digest: { sha256: sha256(file) } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:parquetry:npm-run-package:1',
        externalParameters: { command: 'npm run package' },
        // A package of a tree with changes is not the package of its commit.
        internalParameters: { node: process.version, clean: changes === '' },
        resolvedDependencies: [
          ...(commit === undefined ? [] : [{ name: 'source', digest: { gitCommit: commit } }]),
          { name: 'package-lock.json', digest: { sha256: sha256(path.join(root, 'package-lock.json')) } },
        ],
      },
      runDetails: { builder: { id: process.env.PARQUETRY_BUILDER || 'urn:parquetry:local' } },
    },
  };
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
