// Spark with Delta Lake, the reference implementation, for the one test that reads our tables with it: PySpark in a
// separate virtual environment, the Delta jars by Maven, both in the user cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from './python.mjs';

const PYSPARK = 'pyspark==4.0.1';
/** What Spark 4.0 needs for Delta in addition to its own jars. */
const JARS = ['io.delta:delta-spark_2.13:4.0.0', 'io.delta:delta-storage:4.0.0'];
const JAVA_VERSIONS = [17, 21];

/**
 * A Python with PySpark and the comma-separated paths of the Delta jars, installed first where Java, Maven, PyPI and
 * Maven Central can be had; else the reason. PARQUETRY_SPARK_PYTHON and PARQUETRY_SPARK_JARS name existing ones.
 */
export function ensureSpark({ log = console.error } = {}) {
  const { PARQUETRY_SPARK_PYTHON: given, PARQUETRY_SPARK_JARS: jars } = process.env;
  if (given && jars) return { python: given, jars };
  const java = javaVersion();
  if (!JAVA_VERSIONS.includes(java))
    return { reason: `Spark needs Java ${JAVA_VERSIONS.join(' or ')}, found ${java ?? 'none'}` };
  const key = createHash('sha256')
    .update([PYSPARK, ...JARS].join('\n'))
    .digest('hex')
    .slice(0, 12);
  const target = path.join(cacheRoot(), 'spark', key);
  if (!existsSync(path.join(target, 'ready'))) {
    log(
      'Installing PySpark and the Delta jars for the Spark test (once, about 500 MB, into the user cache) …',
    );
    const building = `${target}.${process.pid}`;
    const reason = install(building);
    if (reason !== undefined) {
      rmSync(building, { recursive: true, force: true });
      return { reason };
    }
    try {
      renameSync(building, target);
    } catch {
      rmSync(building, { recursive: true, force: true }); // another run was first
    }
  }
  const folder = path.join(target, 'jars');
  const files = readdirSync(folder).filter((name) => name.endsWith('.jar'));
  return {
    python: path.join(target, 'venv', 'bin', 'python'),
    jars: files.map((name) => path.join(folder, name)).join(','),
  };
}

/** Major version of the Java that Spark would start; undefined where there is none. */
function javaVersion() {
  const java = process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const { status, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const version = /version "(?:1\.)?(\d+)/.exec(stderr ?? '')?.[1];
  return status === 0 && version !== undefined ? Number(version) : undefined;
}

function install(folder) {
  const venv = path.join(folder, 'venv');
  const jars = path.join(folder, 'jars');
  mkdirSync(jars, { recursive: true });
  const maven = ['--quiet', '--batch-mode', 'dependency:copy', `-DoutputDirectory=${jars}`];
  const steps = [
    ...JARS.map((artifact) => ['mvn', [...maven, `-Dartifact=${artifact}`]]),
    ['python3', ['-m', 'venv', venv]],
    [path.join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', PYSPARK]],
    [path.join(venv, 'bin', 'python'), ['-c', 'import pyspark']],
  ];
  for (const [file, args] of steps) {
    const options = { encoding: 'utf8', timeout: 600_000, cwd: folder };
    const { status, stdout, stderr, error } = spawnSync(file, args, options);
    if (status === 0) continue;
    const said = (stderr || stdout || String(error)).trim().split('\n').at(-1);
    return `${path.basename(file)} ${args.at(-1)} failed: ${said}`;
  }
  writeFileSync(path.join(folder, 'ready'), '');
  return undefined;
}
